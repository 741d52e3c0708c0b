//! The forms that are chosen, beside all others that the format has for a tensor: `balanced` is at
//! most 1.25 % larger than the smallest, `ratio` 0.25 %, of nearly all tensors. The lengths of the blobs
//! are compared.

mod batch;
mod columns;
mod forms;
mod hard;
mod precision;
mod profiles;
mod thresholds;

use hard::{DTYPES, Hard};
use wcodec::{Blob, Encoder, TensorView};

/// The part by which `balanced` may be larger than the smallest form.
const BALANCED: f64 = 0.0125;

/// Bytes to which the parts of a blob are padded, which may turn forms of the same size around.
const PADDING: f64 = 64.0;

/// The length of a blob, and its form.
fn encode(encoder: &Encoder, tensor: &TensorView<'_>) -> (usize, String) {
    let blob = encoder.encode(tensor).unwrap();
    let summary = Blob::parse(&blob).unwrap().summary();
    let planes = blob[11].count_ones();
    let form = format!(
        "{:?} of {:?}, {} rows, {planes} coded planes, tables {:?}, predictors {:?}",
        summary.codec, summary.split, summary.tile_rows, summary.prob_bits, summary.predictors
    );
    (blob.len(), form)
}

/// Tensors that are made to mislead a sample.
#[test]
fn hard_tensors() {
    let mut broken = Vec::new();
    for dtype in DTYPES {
        for hard in Hard::ALL {
            let tensor = hard.tensor(dtype, 400, 512);
            broken.extend(forms::broken(&format!("{hard:?} {dtype}"), &tensor.view()));
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}
