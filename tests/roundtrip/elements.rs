//! Every dtype that safetensors has, its values the ones that go wrong.
//!
//! `WCODEC_DTYPE_CASES` asks for more cases of each dtype.

use rayon::prelude::*;
use std::collections::BTreeSet;
use support::{ALL_DTYPES, Random, check_blob, corner, corner_case, number};
use wcodec::Dtype;

#[test]
fn every_dtype_comes_back_to_the_bit() {
    let cases = number("WCODEC_DTYPE_CASES", 2000);
    let seed = number("WCODEC_SEED", 20_261_125);
    for (index, dtype) in ALL_DTYPES.into_iter().enumerate() {
        (0..cases).into_par_iter().for_each(|case| {
            let (tensor, options) = corner_case(dtype, seed ^ (index as u64) << 40 ^ case);
            let blob = options.encoder().encode(&tensor.view()).expect("a valid tensor");
            check_blob(&blob, &tensor.data);
        });
    }
}

/// The corner cases match their names, by the machine's own floats.
#[test]
fn corners_are_met() {
    let mut random = Random::new(1);
    let floats: Vec<f32> =
        (0..1000).map(|_| f32::from_bits(corner(Dtype::F32, &mut random) as u32)).collect();
    let payloads = floats.iter().filter(|float| float.is_nan()).map(|float| float.to_bits());
    assert!(payloads.collect::<BTreeSet<_>>().len() > 50);
    let has = |what: fn(&f32) -> bool| floats.iter().any(what);
    assert!(has(|f| f.to_bits() == 0x8000_0000) && has(|f| f.to_bits() == 0));
    assert!(
        has(|f| f.is_subnormal()) && has(|f| *f == f32::NEG_INFINITY) && has(|f| *f == f32::MAX)
    );
}
