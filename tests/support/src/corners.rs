//! Tensors of the values that go wrong: NaN with every payload, both zeros, subnormals, infinities,
//! extremes; and shapes of nothing and of rank 0.

use super::element::{elements_to_a_byte, pack};
use super::{Options, Random, Tensor};
use wcodec::encode::{PlaneCodec, Predictor};
use wcodec::{Dtype, Profile};

/// A tensor of this dtype and how to encode it; the same for the same seed.
pub fn corner_case(dtype: Dtype, seed: u64) -> (Tensor, Options) {
    let mut random = Random::new(seed);
    (tensor(dtype, &mut random), options(&mut random))
}

/// Bits of exponent and mantissa of floats; `None` of other elements.
fn float(dtype: Dtype) -> Option<(u32, u32)> {
    Some(match dtype {
        Dtype::F4 => (2, 1),
        Dtype::F6_E2M3 => (2, 3),
        Dtype::F6_E3M2 => (3, 2),
        Dtype::F8_E5M2 | Dtype::F8_E5M2FNUZ => (5, 2),
        Dtype::F8_E4M3 | Dtype::F8_E4M3FNUZ => (4, 3),
        Dtype::F16 => (5, 10),
        Dtype::BF16 => (8, 7),
        Dtype::F32 => (8, 23),
        Dtype::F64 => (11, 52),
        _ => return None,
    })
}

/// An element out of the corners of its dtype.
pub fn corner(dtype: Dtype, random: &mut Random) -> u64 {
    let bits = dtype.bitsize() as u32;
    let all = u64::MAX >> (64 - bits);
    let top = 1 << (bits - 1);
    let anything = random.next_u64();
    let Some((exponent_bits, mantissa_bits)) = float(dtype) else {
        return random.pick(&[0, 1, all, all - 1, top, top - 1, top + 1, anything & all]);
    };
    let last_exponent = (1u64 << exponent_bits) - 1;
    let last_mantissa = (1u64 << mantissa_bits) - 1;
    let exponent = random.pick(&[0, 0, 1, last_exponent - 1, last_exponent, last_exponent]);
    let payload = anything & last_mantissa;
    let mantissa = random.pick(&[0, 1, last_mantissa, 1 << (mantissa_bits - 1), payload]);
    let sign = random.below(2);
    sign << (bits - 1) | exponent << mantissa_bits | mantissa
}

/// Complex numbers are two floats.
fn element(dtype: Dtype, random: &mut Random) -> u64 {
    match dtype {
        Dtype::C64 => corner(Dtype::F32, random) << 32 | corner(Dtype::F32, random),
        Dtype::BOOL => random.below(2),
        _ => corner(dtype, random),
    }
}

/// Nothing, rank 0, a few elements, and now and then more than a tile.
fn shape(dtype: Dtype, random: &mut Random) -> Vec<u64> {
    let step = elements_to_a_byte(dtype);
    let row = 512 * 8 / dtype.bitsize() as u64;
    match random.below(16) {
        0 => vec![0],
        1 => vec![3, 0, 5],
        // Of dtypes below 8 bits there is no whole byte in one element.
        2 => {
            if step == 1 {
                vec![]
            } else {
                vec![step]
            }
        }
        3..12 => vec![step * random.below(40)],
        12..15 => vec![1 + random.below(3), step * random.below(200)],
        _ => vec![1 + random.below(12), if row.is_multiple_of(step) { row } else { step * 7 }],
    }
}

/// Corners one after another, long runs of one, or both.
fn tensor(dtype: Dtype, random: &mut Random) -> Tensor {
    let shape = shape(dtype, random);
    let count = shape.iter().product::<u64>();
    let change = random.pick(&[1, 1, 2, 50, u64::MAX]);
    let mut last = element(dtype, random);
    let codes = (0..count).map(|_| {
        if random.below(change) == 0 {
            last = element(dtype, random);
        }
        last
    });
    let data = pack(codes, dtype.bitsize());
    Tensor { dtype, shape, data }
}

/// Left to the encoder in half of all cases.
fn options(random: &mut Random) -> Options {
    let profile = random.pick(&[Profile::Ratio, Profile::Balanced, Profile::Fast]);
    let options = Options { profile, ..Options::default() };
    if random.below(2) == 0 {
        return options;
    }
    let codec = random.pick(&PlaneCodec::ALL[1..]);
    Options { codec: Some(codec), predictor: Some(random.pick(&Predictor::ALL)), ..options }
}
