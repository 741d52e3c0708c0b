//! The profiles beside each other.

use super::hard::{DTYPES, Hard};
use proptest::prelude::*;
use support::Tensor;
use wcodec::{Encoder, Profile};

/// More bytes than any tensor here has, so that each is one of many.
const BATCH: u64 = 1 << 30;

/// The lengths of a tensor's blobs by `balanced` and `ratio`, decoded alone or with others.
fn lengths(tensor: &Tensor, batch: u64) -> [usize; 2] {
    [Profile::Balanced, Profile::Ratio].map(|profile| {
        let encoder = Encoder::new().profile(profile).batch_bytes(batch);
        let blob = encoder.encode(&tensor.view()).unwrap();
        support::check_blob(&blob, &tensor.data);
        blob.len()
    })
}

#[test]
fn ratio_is_never_larger_than_balanced() {
    let mut smaller = 0;
    for dtype in DTYPES {
        for hard in Hard::ALL {
            let tensor = hard.tensor(dtype, 400, 512);
            for batch in [0, BATCH] {
                let [balanced, ratio] = lengths(&tensor, batch);
                assert!(ratio <= balanced, "{hard:?} {dtype} {batch}: {ratio}, {balanced}");
                smaller += usize::from(ratio < balanced);
            }
        }
    }
    assert!(smaller > 0, "ratio is balanced by another name");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn ratio_is_never_larger_whatever_the_shape(
        hard in proptest::sample::select(&Hard::ALL[..]),
        dtype in proptest::sample::select(&DTYPES[..]),
        rows in 1usize..600,
        columns in prop_oneof![1usize..300, Just(256), Just(384), Just(512)],
        batch in prop_oneof![Just(0u64), Just(BATCH)],
    ) {
        let [balanced, ratio] = lengths(&hard.tensor(dtype, rows, columns), batch);
        prop_assert!(ratio <= balanced, "{} bytes, balanced {}", ratio, balanced);
    }
}
