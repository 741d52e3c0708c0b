//! Mutants: nothing checks them but the rules of the format, and what these let pass decodes to the
//! right size.
//!
//! `WCODEC_MUTATIONS` asks for more of them, `WCODEC_SEED` for others.

use crate::agree;
use support::mutants::Mutator;
use support::number;

#[test]
fn mutants_are_refused_or_decode_to_their_size() {
    let mut mutator = Mutator::new(number("WCODEC_SEED", 20_261_125));
    let count = number("WCODEC_MUTATIONS", 20_000);
    let mut decoded = 0;
    for _ in 0..count {
        let (what, bytes) = mutator.mutant();
        decoded += u64::from(agree(&bytes, || what.clone()));
    }
    // Neither all nor none: they reach what lies after the checks.
    assert!(decoded > count / 50 && decoded < count * 9 / 10, "{decoded} of {count} decoded");
}
