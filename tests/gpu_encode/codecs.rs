//! Tensors, and the codecs that a device is to take for them.

use crate::bytes;
use support::{Distribution, Random, Tensor};
use wcodec::Dtype;
use wcodec::encode::PlaneCodec;

/// A name, a tensor, its codec, and whether it has exceptions.
pub type Case = (&'static str, Tensor, PlaneCodec, bool);

/// Tensors of every codec.
pub fn cases() -> Vec<Case> {
    let mut random = Random::new(2);
    let gaussian =
        |dtype, sigma| Tensor::new(dtype, &[301, 2000], Distribution::Gaussian(sigma), 4);
    let plain = [
        ("constant", bytes(Dtype::U8, vec![77; 70_000]), PlaneCodec::Const),
        ("noise", bytes(Dtype::U8, random.bytes(70_000)), PlaneCodec::Raw),
        // A tenth of a tile's own cost.
        ("tiny", bytes(Dtype::U8, (0..20).collect()), PlaneCodec::Raw),
        ("empty", bytes(Dtype::F32, Vec::new()), PlaneCodec::Raw),
        ("halves", gaussian(Dtype::F16, 1.0), PlaneCodec::Tans8),
        ("wide integers", gaussian(Dtype::I8, 28.0), PlaneCodec::TansNib),
        ("small floats", gaussian(Dtype::F8_E4M3, 1400.0), PlaneCodec::TansNib),
    ];
    let plain = plain.map(|(name, tensor, codec)| (name, tensor, codec, false));
    let ranks = [
        ("weights", gaussian(Dtype::BF16, 1.0), PlaneCodec::TansPair),
        ("wide weights", gaussian(Dtype::F32, 1.0), PlaneCodec::TansPair),
        ("outliers", with_outliers(gaussian(Dtype::BF16, 1.0), 5000), PlaneCodec::TansPair),
        (
            "many weights",
            Tensor::new(Dtype::BF16, &[5 << 20], Distribution::Gaussian(1.0), 5),
            PlaneCodec::TansPair,
        ),
        ("narrow integers", gaussian(Dtype::I8, 8.0), PlaneCodec::TansCrumb),
    ];
    let ranks = ranks.map(|(name, tensor, codec)| (name, tensor, codec, true));
    let zeros = ("rows of zeros", with_rows_of_zeros(), PlaneCodec::Tans8, false);
    let sampled = ("unlike its sample", unlike_its_sample(), PlaneCodec::Raw, false);
    plain.into_iter().chain(ranks).chain([zeros, sampled]).collect()
}

/// One element of so many is a number too large, or small, for the ranks of the others.
fn with_outliers(mut tensor: Tensor, every: usize) -> Tensor {
    let outliers = tensor.data.as_chunks_mut::<2>().0.iter_mut().step_by(every);
    for (number, element) in outliers.enumerate() {
        *element = if number % 2 == 0 { [0x12, 0x7E] } else { [0x34, 0x83] };
    }
    tensor
}

/// Weights, a tenth of which in one place are zeros, which have no rank: their tiles have no room for so
/// many exceptions.
fn with_rows_of_zeros() -> Tensor {
    let mut tensor = Tensor::new(Dtype::BF16, &[3 << 20], Distribution::Gaussian(1.0), 6);
    let tenth = tensor.data.len() / 10;
    tensor.data[3 * tenth + 512..4 * tenth].fill(0);
    tensor
}

/// All rows are noise but those that are counted first: the first of each tile of a tensor so small
/// that its tiles have eight.
fn unlike_its_sample() -> Tensor {
    let mut random = Random::new(9);
    let mut tensor = Tensor::new(Dtype::BF16, &[60_000], Distribution::Gaussian(1.0), 4);
    for (number, row) in tensor.data.chunks_mut(512).enumerate() {
        if number % 8 != 0 {
            row.copy_from_slice(&random.bytes(row.len()));
        }
    }
    tensor
}
