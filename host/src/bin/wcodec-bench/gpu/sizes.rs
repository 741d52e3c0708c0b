//! One tensor alone, of sizes from a small layer's to more than any layer's. Hot in the cache where it fits.

use super::bench::{Bench, Cache, Case, Encoded, SAMPLE};
use super::report::{Part, Row, Target};
use super::set;
use crate::bench::data::DataSet;
use anyhow::Result;
use wcodec::Encoder;

const SETS: [&str; 2] = ["int8 s=28", "bf16"];

/// 64 KiB to 1 GiB in factors of 4.
fn sizes() -> impl Iterator<Item = usize> {
    (16..=30).step_by(2).map(|log2| 1 << log2)
}

/// Measures both sets in all sizes.
pub fn run(bench: &Bench, emit: &mut dyn FnMut(Row)) -> Result<()> {
    for name in SETS {
        let set = set(name);
        let sample = set.generate(SAMPLE, 1);
        for len in sizes() {
            emit(measure(bench, set, &sample, len)?);
        }
    }
    Ok(())
}

fn measure(bench: &Bench, set: &DataSet, sample: &[u8], len: usize) -> Result<Row> {
    // Repeating the sample changes nothing for a coder of order 0.
    let data: Vec<u8> = sample.iter().copied().cycle().take(len).collect();
    let tensor = Encoded::of_rows(&Encoder::new(), set.dtype, data)?;
    bench.measure(Case {
        part: Part::Sizes,
        name: format!("{} {}", set.name, in_units(len)),
        tensors: vec![&tensor],
        cache: Cache::Hot,
        target: Target::default(),
    })
}

/// A power of two of bytes, as in "256 KiB".
pub fn in_units(len: usize) -> String {
    match len.ilog2() {
        30.. => format!("{} GiB", len >> 30),
        20.. => format!("{} MiB", len >> 20),
        _ => format!("{} KiB", len >> 10),
    }
}
