//! Bits that a codec of numbers could lose, and the plane codec for tensors of one value.

use support::{Options, Random, Tensor, check_blob};
use wcodec::encode::{PlaneCodec, Predictor, Split};
use wcodec::{Dtype, Error};

/// Zeros and ones of either sign, the smallest and largest numbers, infinities, and NaNs both quiet
/// and signalling with payloads: their exponent and mantissa bits, under both signs.
fn special_floats(exponent_bits: u32, mantissa_bits: u32) -> Vec<u64> {
    let exponents = [0, 1, (1 << (exponent_bits - 1)) - 1, (1 << exponent_bits) - 2];
    let infinite = (1u64 << exponent_bits) - 1;
    let quiet = 1u64 << (mantissa_bits - 1);
    let mantissas = [0, 1, 2, quiet - 1, quiet, quiet | 1, 2 * quiet - 1];
    let magnitudes = exponents.into_iter().chain([infinite]).flat_map(|exponent| {
        mantissas.into_iter().map(move |mantissa| exponent << mantissa_bits | mantissa)
    });
    let sign = 1u64 << (exponent_bits + mantissa_bits);
    magnitudes.flat_map(|magnitude| [magnitude, sign | magnitude]).collect()
}

#[test]
fn nans_zeros_and_subnormals_keep_their_bits() {
    let formats = [
        (Dtype::F16, 5, 10),
        (Dtype::BF16, 8, 7),
        (Dtype::F32, 8, 23),
        (Dtype::F64, 11, 52),
        (Dtype::F8_E4M3, 4, 3),
        (Dtype::F8_E5M2, 5, 2),
    ];
    for (dtype, exponent_bits, mantissa_bits) in formats {
        let floats = special_floats(exponent_bits, mantissa_bits);
        let bytes = dtype.bitsize() / 8;
        let mut random = Random::new(8);
        let drawn = (0..3000).map(|_| random.pick(&floats));
        let data: Vec<u8> =
            drawn.flat_map(|float| float.to_le_bytes().into_iter().take(bytes)).collect();
        let tensor = Tensor { dtype, shape: vec![3000], data };
        for codec in [None, Some(PlaneCodec::Tans8), Some(PlaneCodec::TansPair)] {
            let options = Options { codec, ..Options::default() };
            check_blob(&options.encoder().encode(&tensor.view()).unwrap(), &tensor.data);
        }
    }
}

fn encode_as_constant(dtype: Dtype, data: Vec<u8>) -> Result<(Vec<u8>, Vec<u8>), Error> {
    let shape = vec![data.len() as u64 * 8 / dtype.bitsize() as u64];
    let tensor = Tensor { dtype, shape, data };
    let options = Options { codec: Some(PlaneCodec::Const), ..Options::default() };
    Ok((options.encoder().encode(&tensor.view())?, tensor.data))
}

#[test]
fn const_is_refused_where_coded_bytes_vary() {
    let mut late = vec![5; 100_000];
    late[99_999] = 6;
    let halves: Vec<u8> = (0..4000).map(|at| if at % 4 == 1 { 60 } else { 0 }).collect();
    for (dtype, data) in [
        (Dtype::U8, late.clone()),
        (Dtype::F8_E4M3, late.clone()),
        (Dtype::F64, [vec![0; 8], vec![1; 8]].concat()),
        (Dtype::F16, halves),
        (Dtype::F4, late),
    ] {
        let refusal = encode_as_constant(dtype, data);
        assert!(matches!(refusal, Err(Error::InvalidArgument(_))), "{dtype}: {refusal:?}");
    }
}

/// Only the coded bytes must be one value: raw planes are stored where they vary.
#[test]
fn const_serves_one_exponent_with_any_mantissa() {
    let mut random = Random::new(4);
    let mut halves = Vec::new();
    let mut singles = Vec::new();
    for _ in 0..5000 {
        let noise = random.next_u64();
        halves.extend((0x3F80u16 | noise as u16 & 0x807F).to_le_bytes());
        singles.extend((0x3F80_0000u32 | noise as u32 & 0x807F_00FF).to_le_bytes());
    }
    for (dtype, data) in [(Dtype::BF16, halves), (Dtype::F32, singles)] {
        let (blob, data) = encode_as_constant(dtype, data).unwrap();
        assert_eq!(check_blob(&blob, &data).codec, PlaneCodec::Const);
        assert!(blob.len() < data.len());
    }
}

/// The same for integers, whose elements may also be taken apart into bytes, which vary.
#[test]
fn const_serves_one_high_byte_with_any_low_bytes() {
    let mut random = Random::new(4);
    let shorts = (0..5000).flat_map(|_| [random.byte(), 7]).collect();
    let (blob, data) = encode_as_constant(Dtype::I16, shorts).unwrap();
    let summary = check_blob(&blob, &data);
    assert_eq!((summary.codec, summary.split), (PlaneCodec::Const, Split::High16));
}

#[test]
fn constant_tensors_take_no_room() {
    for dtype in [Dtype::U8, Dtype::F8_E5M2, Dtype::BF16, Dtype::F16, Dtype::F32, Dtype::U32] {
        let bytes = dtype.bitsize() / 8;
        let element = [0x12, 0x34, 0xB7, 0xC1];
        let data: Vec<u8> = element[4 - bytes..].repeat(50_000);
        let tensor = Tensor { dtype, shape: vec![50_000], data };
        let blob = Options::default().encoder().encode(&tensor.view()).unwrap();
        let summary = check_blob(&blob, &tensor.data);
        assert_eq!((summary.codec, summary.predictors[0]), (PlaneCodec::Const, summary.tile_count));
        assert!(blob.len() < 200, "{dtype}: {} bytes", blob.len());
    }
}

/// A raw plane that is constant is not stored, whatever becomes of the coded one.
#[test]
fn constant_raw_planes() {
    let mut random = Random::new(1);
    for constant in 0..4u32 {
        let data: Vec<u8> = (0..3000)
            .flat_map(|_| {
                let mut element = (random.next_u64() as u32).to_le_bytes();
                if constant < 3 {
                    element[constant as usize] = 0x5A;
                }
                element
            })
            .collect();
        let tensor = Tensor { dtype: Dtype::F32, shape: vec![3000], data };
        let options = Options::forced(PlaneCodec::Tans8, Predictor::Top);
        let encoder = options.encoder().split(Split::Exponent32);
        let blob = encoder.encode(&tensor.view()).unwrap();
        check_blob(&blob, &tensor.data);
        // Byte 2 shares its plane with the sign, byte 3 its bits with the exponent.
        let planes = if constant < 2 { 1u8 << constant } else { 0 };
        assert_eq!(blob[10], planes, "constant byte {constant}");
    }
}
