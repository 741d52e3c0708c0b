//! tANS and rANS by themselves: any table over any symbols, most of which the encoder would never combine.

mod bits;
mod case;
mod coding;
mod tables;

use proptest::test_runner::{Config, RngSeed, TestRunner};

/// Runs as many cases, the same in every run.
fn runner(cases: u32) -> TestRunner {
    let rng_seed = RngSeed::Fixed(20_261_121);
    TestRunner::new(Config { cases, rng_seed, failure_persistence: None, ..Config::default() })
}
