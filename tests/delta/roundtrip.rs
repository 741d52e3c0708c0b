//! What is encoded against a reference is decoded with it, by the library and by the reference
//! decoder: of every dtype, with every share of changes, in every shape.

use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};
use support::{ALL_DTYPES, Distribution, Random, Tensor, cpu, number};
use wcodec::delta::{Delta, DeltaForm};
use wcodec::{Dtype, Encoder, Profile, TensorView};

/// Checks that a delta of `new` against `old` is decoded to it, in place and to another buffer.
#[track_caller]
pub fn check(new: &TensorView<'_>, old: &[u8], profile: Profile) -> Vec<u8> {
    let bytes = Encoder::new().profile(profile).encode_against(new, old).unwrap();
    let delta = Delta::parse(&bytes).unwrap();
    assert_eq!((delta.byte_len(), delta.reference_len()), (old.len() as u64, old.len() as u64));
    let mut out: Vec<u8> = new.data().iter().map(|byte| !byte).collect();
    cpu().decode_against(&delta, old, &mut out).unwrap();
    assert!(out == new.data(), "to another buffer");
    out.copy_from_slice(old);
    cpu().apply(&delta, &mut out).unwrap();
    assert!(out == new.data(), "in place");
    let by_reference = reference::decode_delta(&bytes, old).expect("the reference refuses it");
    assert!(by_reference == new.data(), "by the reference");
    bytes
}

/// Changes one of `rarity` bytes, or none where that is 0.
pub fn changed(data: &[u8], rarity: u64, random: &mut Random) -> Vec<u8> {
    let mut changed = data.to_vec();
    for byte in &mut changed {
        if rarity > 0 && random.below(rarity) == 0 {
            *byte = byte.wrapping_add(random.below(5) as u8);
        }
    }
    changed
}

fn shapes() -> impl Strategy<Value = Vec<u64>> {
    prop_oneof![
        Just(vec![]),
        Just(vec![0, 8]),
        (1u64..90_000).prop_map(|count| vec![count * 8]),
        (1u64..40, 1u64..300).prop_map(|(rows, columns)| vec![rows, columns * 8]),
    ]
}

#[test]
fn every_dtype_with_every_share_of_changes_comes_back() {
    let config = Config {
        cases: number("WCODEC_CASES", 200) as u32,
        rng_seed: RngSeed::Fixed(number("WCODEC_SEED", 20_261_127)),
        failure_persistence: None,
        ..Config::default()
    };
    let dtypes = prop::sample::select(ALL_DTYPES.to_vec());
    let rarities = prop::sample::select(vec![0, 1, 2, 5, 20, 100, 3000]);
    let profiles = prop::sample::select(vec![Profile::Ratio, Profile::Balanced, Profile::Fast]);
    let cases = (dtypes, shapes(), rarities, profiles, any::<u64>());
    let result = TestRunner::new(config).run(&cases, |(dtype, shape, rarity, profile, seed)| {
        let shape = if dtype.bitsize() < 8 && shape.is_empty() { vec![8] } else { shape };
        let old = Tensor::new(dtype, &shape, Distribution::Gaussian(6.0), seed);
        let new = changed(&old.data, rarity, &mut Random::new(seed));
        check(&TensorView::new(dtype, &shape, &new).unwrap(), &old.data, profile);
        Ok(())
    });
    result.unwrap();
}

/// Of elements of every width, at both ends of segments of 65536 bytes and beside them.
#[test]
fn changes_at_the_ends_of_segments_come_back() {
    for dtype in [Dtype::U8, Dtype::BF16, Dtype::F32, Dtype::F64, Dtype::C64] {
        let width = dtype.bitsize() / 8;
        let count = 3 * 65536 / width + 1;
        let old = vec![5; count * width];
        let segment = 65536 / width;
        for places in [
            vec![0],
            vec![segment - 1],
            vec![segment],
            vec![0, segment - 1, 2 * segment, count - 1],
        ] {
            let mut new = old.clone();
            places.iter().for_each(|place| new[place * width] ^= 0x81);
            let shape = [count as u64];
            let tensor = TensorView::new(dtype, &shape, &new).unwrap();
            let bytes = check(&tensor, &old, Profile::Balanced);
            assert_eq!(Delta::parse(&bytes).unwrap().summary().differences, places.len() as u64);
        }
    }
}

#[test]
fn no_change_takes_next_to_nothing() {
    let old = Tensor::new(Dtype::BF16, &[1000, 1024], Distribution::Gaussian(6.0), 1);
    let bytes = check(&old.view(), &old.data, Profile::Balanced);
    let delta = Delta::parse(&bytes).unwrap().summary();
    assert_eq!((delta.form, delta.differences), (DeltaForm::Sparse, 0));
    assert!(bytes.len() < 600, "{} bytes", bytes.len());
}

#[test]
fn few_changes_are_sparse_and_many_dense() {
    let old = Tensor::new(Dtype::BF16, &[200, 1024], Distribution::Gaussian(6.0), 1);
    for (rarity, form) in [(200, DeltaForm::Sparse), (2, DeltaForm::Dense)] {
        let new = changed(&old.data, rarity, &mut Random::new(9));
        let bytes = check(
            &TensorView::new(old.dtype, &old.shape, &new).unwrap(),
            &old.data,
            Profile::Balanced,
        );
        assert_eq!(Delta::parse(&bytes).unwrap().summary().form, form, "1 of {rarity}");
    }
}
