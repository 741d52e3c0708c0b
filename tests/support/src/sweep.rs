//! Tensors and options that reach every part of a decoder, intact and damaged.

use super::{Distribution, Options, Random, Tensor};
use wcodec::encode::{PlaneCodec, Predictor};
use wcodec::{Blob, Dtype};

/// Lengths in bytes: empty, around a lane, a row, tiles and, last, a large one.
const LENGTHS: [u64; 14] =
    [0, 4, 12, 16, 20, 508, 512, 516, 4092, 4096, 4100, 8 * 4096 - 4, 70_004, 1 << 20];

/// A vector and a matrix for every codec, predictor and dtype, in tiles of two heights.
pub fn sweep() -> impl Iterator<Item = (Tensor, Options)> {
    const DTYPES: [Dtype; 6] =
        [Dtype::U8, Dtype::F8_E4M3, Dtype::BF16, Dtype::F16, Dtype::F32, Dtype::I32];
    let mut random = Random::new(2026);
    let options = PlaneCodec::ALL.into_iter().filter(|codec| *codec != PlaneCodec::Const);
    let options = options.flat_map(|codec| Predictor::ALL.map(|predictor| (codec, predictor)));
    let options = options.flat_map(|forced| DTYPES.map(|dtype| (forced, dtype)));
    let options = options.flat_map(|option| [option; 2]);
    options.flat_map(move |((codec, predictor), dtype)| {
        [false, true].map(|is_matrix| {
            let tile_rows = Some(8 + random.below(249) as u32);
            let options = Options { tile_rows, ..Options::forced(codec, predictor) };
            (tensor(dtype, is_matrix, &mut random), options)
        })
    })
}

fn tensor(dtype: Dtype, is_matrix: bool, random: &mut Random) -> Tensor {
    let element_bytes = dtype.bitsize() as u64 / 8;
    let shape = if is_matrix {
        vec![1 + random.below(300), random.pick(&[512, 1024, 1536, 4096]) / element_bytes]
    } else {
        vec![random.pick(&LENGTHS) / element_bytes]
    };
    Tensor::new(dtype, &shape, random.pick(&Distribution::ALL), random.next_u64())
}

/// A sound blob, and copies of it with a bit turned somewhere after the index.
pub fn damaged() -> impl Iterator<Item = (Tensor, Vec<u8>, Vec<Vec<u8>>)> {
    let mut random = Random::new(6);
    sweep().step_by(5).filter(|(tensor, _)| tensor.data.len() > 1000).map(
        move |(tensor, options)| {
            let sound = options.encoder().encode(&tensor.view()).unwrap();
            let front = Blob::parse(&sound).unwrap().layout().words.offset;
            let damage = |_| {
                let mut bytes = sound.clone();
                let at = front + random.below(bytes.len() as u64 - front);
                bytes[at as usize] ^= 1 << random.below(8);
                bytes
            };
            let damaged = (0..6).map(damage).collect();
            (tensor, sound, damaged)
        },
    )
}
