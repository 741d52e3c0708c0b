//! One tensor alone, of sizes from a small layer's to more than any layer's. Hot in the cache where
//! it fits.

use super::bench::{Bench, Cache, Case, Encoded, SAMPLE};
use super::report::{Part, Row, Target};
use super::set;
use anyhow::Result;
use std::collections::BTreeSet;
use wcodec::Encoder;
use wcodec_bench::data::DataSet;

const SETS: [&str; 2] = ["int8 s=28", "bf16"];

/// The bytes of a row of a tile.
const ROW: usize = 512;

/// 4 KiB to 64 MiB, four to an octave and one a row beyond each power of two, where tiles grow;
/// then 256 MiB and 1 GiB.
fn sizes() -> BTreeSet<usize> {
    let quarters = (4 * 12..=4 * 26).map(|quarter| 2f64.powf(f64::from(quarter) / 4.0) as usize);
    let beyond = (12..26).map(|log2| (1 << log2) + ROW);
    quarters.map(|len| len.next_multiple_of(ROW)).chain(beyond).chain([1 << 28, 1 << 30]).collect()
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
    // Vectors, so that all sizes are cut into tiles alike.
    let shape = [(8 * len / set.dtype.bitsize()) as u64];
    let tensor = Encoded::new(&Encoder::new(), set.dtype, &shape, data)?;
    bench.measure(Case {
        part: Part::Sizes,
        name: format!("{} {}", set.name, in_units(len)),
        tensors: vec![&tensor],
        cache: Cache::Hot,
        target: Target::default(),
    })
}

/// So many bytes, a multiple of 512, as in "256 KiB" or "1024.5 KiB".
pub fn in_units(len: usize) -> String {
    match len.trailing_zeros() {
        30.. => format!("{} GiB", len >> 30),
        20.. => format!("{} MiB", len >> 20),
        _ => format!("{} KiB", len as f64 / 1024.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_names_of_their_own() {
        let names: BTreeSet<String> = sizes().into_iter().map(in_units).collect();
        assert_eq!(names.len(), sizes().len());
        for name in ["4 KiB", "4.5 KiB", "1 MiB", "1024.5 KiB", "64 MiB", "1 GiB"] {
            assert!(names.contains(name), "{name}");
        }
    }
}
