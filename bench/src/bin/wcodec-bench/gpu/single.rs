//! One tensor of 16 MiB alone, which is too little to fill a large GPU unless its tiles are short.

use super::bench::{Bench, Cache, Case, Encoded};
use super::report::{Part, Row, Target};
use super::set;
use anyhow::Result;
use wcodec::Encoder;

/// Data sets, shapes, the ratio to be reached, and the rates with a hot and with a cold cache.
const TENSORS: [(&str, [u64; 2], f64, [f64; 2]); 2] = [
    ("int8 s=28", [4096, 4096], 1.1435, [1000.0, 800.0]),
    ("bf16", [2048, 4096], 1.496, [1300.0, 1000.0]),
];

/// Measures both tensors, each with a hot and a cold cache.
pub fn run(bench: &Bench, emit: &mut dyn FnMut(Row)) -> Result<()> {
    for (name, shape, ratio, rates) in TENSORS {
        let set = set(name);
        let data = set.generate(16 << 20, 1);
        let tensor = Encoded::new(&Encoder::new(), set.dtype, &shape, data)?;
        let caches = [(Cache::Hot, "hot"), (Cache::Cold, "cold")];
        for ((cache, temperature), rate) in caches.into_iter().zip(rates) {
            emit(bench.measure(Case {
                part: Part::Single,
                name: format!("{name} {temperature}"),
                tensors: vec![&tensor],
                cache,
                target: Target::ratio_and_rate(ratio, rate),
            })?);
        }
    }
    Ok(())
}
