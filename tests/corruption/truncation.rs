//! Blobs that end early, or late.

use crate::agree;
use support::mutants::specimens;

#[test]
fn every_length_but_its_own() {
    for specimen in specimens() {
        for length in 0..specimen.bytes.len() {
            let sound = agree(&specimen.bytes[..length], || format!("{} cut", specimen.name));
            assert!(!sound, "{} cut at {length}", specimen.name);
        }
        for more in [1, 15, 16, 64] {
            let longer = [specimen.bytes.clone(), vec![0; more]].concat();
            assert!(!agree(&longer, || format!("{} and {more} zeros", specimen.name)));
        }
    }
}

/// The same with a header that admits to it.
#[test]
fn every_length_that_the_header_confirms() {
    for specimen in specimens() {
        for length in (64..specimen.bytes.len() + 64).step_by(16) {
            let mut bytes = specimen.bytes.clone();
            bytes.resize(length, 0);
            bytes[48..56].copy_from_slice(&(length as u64).to_le_bytes());
            let sound = agree(&bytes, || format!("{} of {length} bytes", specimen.name));
            assert_eq!(sound, length == specimen.bytes.len(), "{} {length}", specimen.name);
        }
    }
}
