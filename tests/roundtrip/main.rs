//! Every decoder restores the encoder's input: tensors, options and ranges drawn at random.
//!
//! The cases are the same in every run. `WCODEC_CASES` asks for more of them, `WCODEC_SEED` for
//! others.

mod elements;
mod strategy;

use proptest::test_runner::{Config, RngSeed, TestRunner};
use rayon::ThreadPoolBuilder;
use std::cell::RefCell;
use strategy::{Case, cases, large_cases};
use support::{Options, Random, Tensor, check_blob, cpu, number};
use wcodec::encode::PlaneCodec;
use wcodec::{Blob, Encoder, Error};

/// Runs `share` of 300 cases.
fn runner(share: u64) -> TestRunner {
    TestRunner::new(Config {
        cases: (number("WCODEC_CASES", 300) * share / 300).max(1) as u32,
        rng_seed: RngSeed::Fixed(number("WCODEC_SEED", 20_260_801)),
        failure_persistence: None,
        max_shrink_time: 30_000,
        ..Config::default()
    })
}

/// The blob of a case; `None` where Const was forced on a tensor that it does not serve.
fn encode(tensor: &Tensor, options: &Options) -> Option<Vec<u8>> {
    match options.encoder().encode(&tensor.view()) {
        Ok(blob) => Some(blob),
        Err(Error::InvalidArgument(_)) if options.codec == Some(PlaneCodec::Const) => {
            assert!(!is_constant(tensor), "Const serves every constant tensor");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

/// Returns whether all elements are the same, of dtypes that are not split whether all bytes are.
fn is_constant(tensor: &Tensor) -> bool {
    let bits = tensor.dtype.bitsize();
    let size = if bits == 16 || bits == 32 { bits / 8 } else { 1 };
    tensor.data.chunks(size).all(|element| element == &tensor.data[..size])
}

#[test]
fn what_is_encoded_is_decoded() {
    let result = runner(300).run(&cases(), |case| {
        let tensor = case.tensor();
        if let Some(blob) = encode(&tensor, &case.options) {
            let summary = check_blob(&blob, &tensor.data);
            let asked = &case.options;
            assert!(asked.codec.is_none_or(|codec| codec == summary.codec));
            if let (Some(_), Some(rows)) = (asked.codec, asked.tile_rows) {
                assert_eq!(summary.tile_rows, rows);
            }
            check_predictors(&case, summary.codec, summary.predictors);
        }
        Ok(())
    });
    result.unwrap();
}

/// A predictor that was asked for is in every tile, unless a codec without symbols was the better
/// choice, or asked for.
fn check_predictors(case: &Case, codec: PlaneCodec, predictors: [u32; 5]) {
    let chosen = case.options.codec == Some(codec) && codec.has_symbols();
    if let (Some(predictor), true) = (case.options.predictor, chosen) {
        for (number, &tiles) in predictors.iter().enumerate() {
            assert!(tiles == 0 || number == predictor as usize, "{predictors:?}");
        }
    }
}

/// "never larger than raw + 0.1 % + 512 bytes"
#[test]
fn an_automatic_choice_never_costs_much() {
    let result = runner(100).run(&cases(), |case| {
        let options = Options { codec: None, predictor: None, tile_rows: None, ..case.options };
        let tensor = case.tensor();
        let blob = options.encoder().encode(&tensor.view()).unwrap();
        let limit = tensor.data.len() + tensor.data.len() / 1000 + 512;
        assert!(blob.len() <= limit, "{} of {}", blob.len(), tensor.data.len());
        Ok(())
    });
    result.unwrap();
}

#[test]
fn a_range_is_the_slice_of_the_whole() {
    let result = runner(100).run(&cases(), |case| {
        let tensor = case.tensor();
        let Some(blob) = encode(&tensor, &case.options) else { return Ok(()) };
        let blob = Blob::parse(&blob).unwrap();
        let mut random = Random::new(case.seed);
        for _ in 0..8 {
            let end = random.below(tensor.data.len() as u64 + 1);
            let start = random.below(end + 1);
            let slice = &tensor.data[start as usize..end as usize];
            let mut decoded: Vec<u8> = slice.iter().map(|byte| !byte).collect();
            cpu().decode_range(&blob, start..end, &mut decoded).unwrap();
            assert!(decoded == slice, "bytes {start} to {end} of {}", tensor.data.len());
        }
        Ok(())
    });
    result.unwrap();
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let pools = [1, 2, 3].map(|threads| {
        ThreadPoolBuilder::new().num_threads(threads).build().expect("three threads at most")
    });
    let result = runner(40).run(&large_cases(), |case| {
        let tensor = case.tensor();
        let [one, two, three] =
            [0, 1, 2].map(|pool: usize| pools[pool].install(|| encode(&tensor, &case.options)));
        assert!(one == two && one == three);
        assert!(one == encode(&tensor, &case.options), "a second time");
        Ok(())
    });
    result.unwrap();
}

/// Nothing of what a blob's memory held before is in it, be that more or less; nor of what an
/// encoder kept of other tensors under other options, which clones share.
#[test]
fn memory_is_used_again() {
    let blob = RefCell::new(vec![0xA5; 100_000]);
    let encoder = Encoder::new();
    let result = runner(300).run(&cases(), |case| {
        let tensor = case.tensor();
        let encoder = case.options.given_to(encoder.clone());
        let encoded = encoder.encode_into(&tensor.view(), &mut blob.borrow_mut());
        assert_eq!(encoded.ok().map(|()| blob.borrow().clone()), encode(&tensor, &case.options));
        Ok(())
    });
    result.unwrap();
}
