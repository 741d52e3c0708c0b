//! The list of files that must be refused, and that each is, with its code.

use crate::attempt::Attempt;
use crate::{blob, header, packed, preamble, references};
use std::time::Instant;

/// A file that must be refused.
pub struct Negative {
    pub what: String,
    pub bytes: Vec<u8>,
    pub code: &'static str,
}

impl Negative {
    pub fn new(what: String, bytes: Vec<u8>, code: &'static str) -> Self {
        Self { what, bytes, code }
    }
}

fn all() -> Vec<Negative> {
    [
        preamble::negatives(),
        header::integers(),
        header::shapes(),
        header::ranges(),
        header::names(),
        references::elsewhere(),
        references::bases(),
        header::fields(),
        references::places(),
        packed::negatives(),
        packed::short_texts(),
        blob::header(),
        blob::index(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// No refusal takes more memory than this, all allocations added up and beside a header as long as
/// the file's.
const MOST_MEMORY: u64 = 1 << 20;

#[test]
fn every_one_is_refused_with_its_code() {
    let (attempt, negatives) = (Attempt::new(), all());
    assert!(negatives.len() >= 200, "only {}", negatives.len());
    let mut slowest = 0.0f64;
    for Negative { what, bytes, code } in &negatives {
        let start = Instant::now();
        attempt.refuses(what, bytes, code, MOST_MEMORY);
        slowest = slowest.max(start.elapsed().as_secs_f64());
    }
    println!("{} files, the slowest took {:.1} ms", negatives.len(), 1e3 * slowest);
}

/// The reference refuses, too, what the format forbids; files that only exceed a limit of the
/// library it may accept.
#[test]
fn the_reference_refuses_them_too() {
    for Negative { what, bytes, code } in all() {
        let refused = reference::decode_archive(&bytes).is_err();
        assert!(refused || code == "limit_exceeded", "{what}: the reference decodes it");
    }
}
