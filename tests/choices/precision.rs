//! The precision of tables.

use super::encode;
use support::{Distribution, Tensor};
use wcodec::encode::PlaneCodec;
use wcodec::{Dtype, Encoder, Error, Profile};

/// The part by which a table's cost, of which precision is chosen, may differ from the words that
/// are written with it.
const COST: f64 = 0.0005;
/// Bytes to which each part of a blob is padded.
const PADDING: f64 = 16.0;

/// Each number of probability bits, with a codec whatever it costs.
#[test]
fn no_precision_is_smaller() {
    let mut chosen_bits = Vec::new();
    for (dtype, sigma) in [(Dtype::BF16, 6.0), (Dtype::I8, 28.0), (Dtype::F8_E4M3, 6.0)] {
        for rows in [16, 64, 1024] {
            let tensor = Tensor::new(dtype, &[rows, 512], Distribution::Gaussian(sigma), 3);
            for codec in PlaneCodec::ALL.into_iter().filter(|codec| codec.has_symbols()) {
                let encoder = Encoder::new().profile(Profile::Ratio).codec(codec);
                let chosen = encoder.encode(&tensor.view()).unwrap();
                chosen_bits.extend(support::check_blob(&chosen, &tensor.data).prob_bits);
                for bits in 8..=12 {
                    let (forced, _) = encode(&encoder.clone().prob_bits(bits), &tensor.view());
                    let most = forced as f64 * (1.0 + COST) + PADDING;
                    let chosen = chosen.len();
                    assert!(
                        chosen as f64 <= most,
                        "{rows} rows {dtype} {codec:?}: {chosen}, {forced} by {bits}"
                    );
                }
            }
        }
    }
    assert!(chosen_bits.iter().min() < chosen_bits.iter().max(), "{chosen_bits:?}");
}

#[test]
fn precisions_that_no_table_has() {
    let tensor = Tensor::of_bytes(vec![1, 2, 3, 4]);
    for bits in [0, 7, 13, 255] {
        let refused = Encoder::new().prob_bits(bits).encode(&tensor.view()).unwrap_err();
        assert!(matches!(refused, Error::InvalidArgument(_)), "{refused}");
    }
}

#[test]
fn splits_that_do_not_fit() {
    let tensor = Tensor::of_bytes(vec![1, 2, 3]);
    let encoder = Encoder::new().split(wcodec::encode::Split::High16);
    assert!(matches!(encoder.encode(&tensor.view()), Err(Error::InvalidArgument(_))));
}
