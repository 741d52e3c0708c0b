//! Tensors whose bytes differ by their place.

use super::{BALANCED, encode};
use support::{Random, Tensor};
use wcodec::encode::Order;
use wcodec::{Dtype, Encoder, Profile};

/// The size of indices by the choice of a profile, beside that in the order of their bytes.
fn compare(profile: Profile, indices: &[i64]) {
    let data = indices.iter().flat_map(|index| index.to_le_bytes()).collect();
    let tensor = Tensor { dtype: Dtype::I64, shape: vec![indices.len() as u64], data };
    let encoder = Encoder::new().profile(profile).batch_bytes(tensor.data.len() as u64);
    let chosen = encode(&encoder, &tensor.view());
    let order = Order::Columns { element_bytes: 1, columns: 8 };
    let columns = encode(&encoder.order(order), &tensor.view());
    let most = columns.0 as f64 * (1.0 + BALANCED);
    assert!(chosen.0 as f64 <= most, "{profile:?}: {chosen:?}, {columns:?}");
    let bits = 8.0 * columns.0 as f64 / indices.len() as f64;
    assert!(bits < 17.0, "{profile:?}: {bits} bits for 15.6");
}

/// Tiles in the order of columns have the period of a band's columns, which a sample must not have.
#[test]
fn indices_take_the_bits_that_vary() {
    let mut random = Random::new(1);
    let indices: Vec<i64> = (0..1 << 20).map(|_| random.below(50257) as i64).collect();
    for profile in [Profile::Ratio, Profile::Balanced] {
        compare(profile, &indices);
    }
}
