//! Every data set, in batches far larger than the cache.

use super::bench::{Bench, Cache, Case, Encoded};
use super::report::{Part, Row, Target};
use anyhow::Result;
use wcodec_bench::data::SETS;

/// The goal for a set.
fn target(name: &str) -> Target {
    let traffic = |ratio| Target { ratio: Some(ratio), rate: None, share_of_copy: Some(0.85) };
    match name {
        "int8 s=28" => Target::ratio_and_rate(1.155, 1900.0),
        "int8 s=8" => Target::ratio_and_rate(1.570, 1350.0),
        "bf16" => Target::ratio_and_rate(1.511, 2130.0),
        "fp8 e4m3" => Target::ratio_and_rate(1.214, 1950.0),
        "f16" => traffic(1.16),
        "f32" => traffic(1.19),
        "int4 in u8" => Target::ratio_and_rate(1.19, 1900.0),
        // Decoded by two launches, through memory, as are the next two.
        "bf16 pruned" => Target { ratio: Some(7.6), ..Target::default() },
        "f16 in f32" => Target { ratio: Some(2.3), ..Target::default() },
        "bf16 columns" => Target { ratio: Some(1.58), ..Target::default() },
        _ => Target::default(),
    }
}

/// Measures every set.
pub fn run(bench: &Bench, emit: &mut dyn FnMut(Row)) -> Result<()> {
    for set in &SETS {
        let sample = Encoded::sample(set)?;
        emit(bench.measure(Case {
            part: Part::Table,
            name: set.name.to_owned(),
            tensors: bench.copies(&sample),
            cache: Cache::Hot,
            target: target(set.name),
        })?);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_set_has_a_target() {
        for set in &SETS {
            assert!(target(set.name).ratio.is_some(), "{}", set.name);
        }
    }
}
