//! The forms that are chosen, beside all others that the format has for a tensor: the lengths of
//! the blobs are compared.

mod batch;
mod columns;
mod hard;
mod precision;
mod profiles;

use wcodec::{Blob, Encoder, TensorView};

/// The part by which `balanced` may be larger than the smallest form.
const BALANCED: f64 = 0.0125;

/// The length of a blob, and its form.
fn encode(encoder: &Encoder, tensor: &TensorView<'_>) -> (usize, String) {
    let blob = encoder.encode(tensor).unwrap();
    let summary = Blob::parse(&blob).unwrap().summary();
    let form = format!("{:?} of {:?}, {} rows", summary.codec, summary.split, summary.tile_rows);
    (blob.len(), form)
}
