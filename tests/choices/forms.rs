//! All forms of a tensor.

use super::{BALANCED, PADDING, encode};
use wcodec::encode::{EntropyCoder, PlaneCodec, RawPlanes, Split};
use wcodec::{Encoder, Profile, TensorView};

/// The part by which `ratio` may be larger than another form: it encodes those among which a sample
/// does not tell the smallest, but no others.
const RATIO: f64 = 0.0025;

/// More bytes than any tensor here has, so that each is one of many.
const BATCH: u64 = 1 << 30;

/// The smallest of all forms that a tensor can be forced to take with the coder that encoders have
/// unless another is asked for: each split, codec and form of raw planes.
fn smallest(encoder: &Encoder, tensor: &TensorView<'_>) -> (usize, String) {
    let element = tensor.dtype().bitsize() / 8;
    let serves = |split: &Split| *split == Split::Byte || split.element_bytes() == element.max(1);
    let splits = Split::ALL.into_iter().filter(serves);
    let encoders = splits.flat_map(|split| {
        let encoder = encoder.clone().split(split);
        let raw_planes: &[RawPlanes] = match split.raw_planes() {
            0 => &[RawPlanes::Stored],
            _ => &[RawPlanes::Stored, RawPlanes::Coded(None)],
        };
        let codecs = PlaneCodec::ALL[1..].iter();
        codecs.filter(|codec| codec.coder() == EntropyCoder::Tans).flat_map(move |&codec| {
            let encoder = encoder.clone().codec(codec);
            raw_planes.iter().map(move |&form| encoder.clone().raw_planes(form))
        })
    });
    encoders.map(|encoder| encode(&encoder, tensor)).min().expect("there are forms")
}

/// Checks the promises for a tensor; returns what was broken.
pub fn broken(what: &str, tensor: &TensorView<'_>) -> Vec<String> {
    let balanced = Encoder::new().profile(Profile::Balanced);
    let ratio = Encoder::new().profile(Profile::Ratio);
    let (alone, in_a_batch) =
        (encode(&balanced, tensor), encode(&balanced.clone().batch_bytes(BATCH), tensor));
    let (least, least_in_a_batch) =
        (encode(&ratio, tensor), encode(&ratio.clone().batch_bytes(BATCH), tensor));
    let (of_balanced, of_ratio) = (smallest(&balanced, tensor), smallest(&ratio, tensor));
    let of_batch = smallest(&balanced.clone().batch_bytes(BATCH), tensor);
    let checks = [
        ("balanced", &alone, &of_balanced, BALANCED),
        ("balanced in a batch", &in_a_batch, &of_batch, BALANCED),
        ("ratio", &least, &of_ratio, RATIO),
        ("ratio", &least, &of_balanced, RATIO),
        ("ratio", &least, &alone, 0.0),
        ("ratio in a batch", &least_in_a_batch, &in_a_batch, 0.0),
    ];
    let is_broken =
        |&&(_, found, than, part): &&(&str, &(usize, String), &(usize, String), f64)| {
            found.0 as f64 > than.0 as f64 * (1.0 + part) + PADDING * f64::from(part > 0.0)
        };
    let describe = |(profile, found, than, _): &(&str, &(usize, String), &(usize, String), f64)| {
        let part = 100.0 * (found.0 as f64 / than.0 as f64 - 1.0);
        format!("{what} {profile}: {part:.3} % larger: {found:?} than {than:?}")
    };
    checks.iter().filter(is_broken).map(describe).collect()
}
