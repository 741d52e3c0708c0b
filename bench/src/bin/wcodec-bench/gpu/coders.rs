//! Both entropy coders with the same plane codec, forced.

use super::bench::{Bench, Cache, Case, Encoded, SAMPLE};
use super::report::{Part, Row, Target};
use super::set;
use anyhow::Result;
use wcodec::Encoder;
use wcodec::encode::PlaneCodec;

const SINGLE: [PlaneCodec; 2] = [PlaneCodec::Tans8, PlaneCodec::Rans8];
const PAIRS: [PlaneCodec; 2] = [PlaneCodec::TansPair, PlaneCodec::RansPair];

/// Data sets, and codecs that suit them.
const SETS: [(&str, [PlaneCodec; 2]); 6] = [
    ("int8 s=28", SINGLE),
    ("int8 s=8", SINGLE),
    ("bf16", PAIRS),
    ("bf16", SINGLE),
    ("fp8 e4m3", SINGLE),
    ("f32", PAIRS),
];

/// Measures every set with tANS and with rANS.
pub fn run(bench: &Bench, emit: &mut dyn FnMut(Row)) -> Result<()> {
    for (name, codecs) in SETS {
        let set = set(name);
        let data = set.generate(SAMPLE, 1);
        for codec in codecs {
            let encoder = Encoder::new().codec(codec);
            let tensor = Encoded::of_rows(&encoder, set.dtype, data.clone())?;
            emit(bench.measure(Case {
                part: Part::Coders,
                name: name.to_owned(),
                tensors: bench.copies(&tensor),
                cache: Cache::Hot,
                target: Target::default(),
            })?);
        }
    }
    Ok(())
}
