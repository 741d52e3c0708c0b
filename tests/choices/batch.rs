//! The tiles of tensors that are decoded with others, as those of a file are.

use super::{BALANCED, encode};
use support::{Random, Tensor, code, pack};
use wcodec::encode::MAX_TILE_ROWS;
use wcodec::{Dtype, Encoder};

/// BF16 weights, of which a part is 0.
fn pruned(zeros_in_ten: u64) -> Tensor {
    let mut random = Random::new(5);
    let values = (0..2048 * 1024).map(|_| match random.below(10) < zeros_in_ten {
        true => 0.0,
        false => 20.0 * random.gaussian(),
    });
    let data = pack(values.map(|value| code(Dtype::BF16, value)), 16);
    Tensor { dtype: Dtype::BF16, shape: vec![2048, 1024], data }
}

/// The less a tile holds, the more of it are its own bytes.
#[test]
fn tiles_of_little_content_are_tall() {
    for zeros_in_ten in [0, 5, 9] {
        let tensor = pruned(zeros_in_ten);
        let encoder = Encoder::new().batch_bytes(tensor.data.len() as u64);
        let chosen = encode(&encoder, &tensor.view());
        let tallest = encode(&encoder.tile_rows(MAX_TILE_ROWS), &tensor.view());
        let most = tallest.0 as f64 * (1.0 + BALANCED);
        assert!(chosen.0 as f64 <= most, "{zeros_in_ten}: {chosen:?}, {tallest:?}");
    }
}

#[test]
fn nine_zeros_of_ten() {
    let tensor = pruned(9);
    let encoder = Encoder::new().batch_bytes(tensor.data.len() as u64);
    let (len, form) = encode(&encoder, &tensor.view());
    let ratio = tensor.data.len() as f64 / len as f64;
    assert!(ratio >= 7.6, "{ratio:.3}: {form}");
}
