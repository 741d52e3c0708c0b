//! Values as elements of every dtype.

use wcodec::Dtype;

/// Every dtype that safetensors has.
pub const ALL_DTYPES: [Dtype; 22] = [
    Dtype::BOOL,
    Dtype::F4,
    Dtype::F6_E2M3,
    Dtype::F6_E3M2,
    Dtype::U8,
    Dtype::I8,
    Dtype::F8_E5M2,
    Dtype::F8_E4M3,
    Dtype::F8_E8M0,
    Dtype::F8_E4M3FNUZ,
    Dtype::F8_E5M2FNUZ,
    Dtype::I16,
    Dtype::U16,
    Dtype::F16,
    Dtype::BF16,
    Dtype::I32,
    Dtype::U32,
    Dtype::F32,
    Dtype::C64,
    Dtype::F64,
    Dtype::I64,
    Dtype::U64,
];

/// The fewest elements that end on a byte.
pub fn elements_to_a_byte(dtype: Dtype) -> u64 {
    match dtype.bitsize() {
        4 => 2,
        6 => 4,
        _ => 1,
    }
}

/// The element with about this value, in the lowest bits. Floats are given 1024ths of it, as
/// weights are small.
pub fn code(dtype: Dtype, value: f64) -> u64 {
    let small = value / 1024.0;
    match dtype {
        Dtype::BOOL => u64::from(value > 0.0),
        Dtype::U8 => value.abs() as u8 as u64,
        Dtype::I8 => value.round() as i8 as u8 as u64,
        Dtype::I16 => (value * 40.0) as i16 as u16 as u64,
        Dtype::U16 => (value.abs() * 40.0) as u16 as u64,
        Dtype::I32 => (value * 70_000.0) as i32 as u32 as u64,
        Dtype::U32 => (value.abs() * 70_000.0) as u32 as u64,
        Dtype::I64 => (value * 70_000.0) as i64 as u64,
        Dtype::U64 => (value.abs() * 70_000.0) as u64,
        Dtype::F4 => float_code(value / 8.0, 2, 1),
        Dtype::F6_E2M3 => float_code(value / 8.0, 2, 3),
        Dtype::F6_E3M2 => float_code(value / 8.0, 3, 2),
        Dtype::F8_E4M3 | Dtype::F8_E4M3FNUZ => float_code(value / 16.0, 4, 3),
        Dtype::F8_E5M2 | Dtype::F8_E5M2FNUZ => float_code(value / 16.0, 5, 2),
        Dtype::F8_E8M0 => float_code(value.abs(), 8, 0),
        Dtype::F16 => float_code(small, 5, 10),
        Dtype::BF16 => float_code(small, 8, 7),
        Dtype::F32 => (small as f32).to_bits().into(),
        Dtype::C64 => u64::from((small as f32).to_bits()) << 32 | float_code(-small, 8, 23),
        Dtype::F64 => small.to_bits(),
        other => panic!("there is no rule for {other}"),
    }
}

/// The float of this value with so many bits of exponent and mantissa, its sign above them: cut
/// towards 0, to 0 where it is too small, and to the largest where it is too large.
pub fn float_code(value: f64, exponent_bits: u32, mantissa_bits: u32) -> u64 {
    let bits = value.to_bits();
    let bias = (1 << (exponent_bits - 1)) - 1;
    let exponent = (bits >> 52 & 0x7FF) as i64 - 1023 + bias;
    let magnitude = if exponent < 1 {
        0
    } else if exponent >= 1 << exponent_bits {
        (1 << (exponent_bits + mantissa_bits)) - 1
    } else {
        let mantissa = bits >> (52 - mantissa_bits) & ((1 << mantissa_bits) - 1);
        (exponent as u64) << mantissa_bits | mantissa
    };
    (bits >> 63) << (exponent_bits + mantissa_bits) | magnitude
}

/// Elements of `bits` bits one after another, the first in the lowest bits.
pub fn pack(codes: impl Iterator<Item = u64>, bits: usize) -> Vec<u8> {
    let (mut bytes, mut waiting, mut waiting_bits) = (Vec::new(), 0u128, 0);
    for code in codes {
        waiting |= u128::from(code) << waiting_bits;
        waiting_bits += bits;
        while waiting_bits >= 8 {
            bytes.push(waiting as u8);
            waiting >>= 8;
            waiting_bits -= 8;
        }
    }
    assert_eq!(waiting_bits, 0, "the elements do not end on a byte");
    bytes
}
