//! Single bits turned.

use crate::agree;
use support::Random;
use support::mutants::{data_parts, specimens};

#[test]
fn every_bit_of_header_tables_and_index() {
    for specimen in specimens() {
        let mut refused = 0;
        let bits = 8 * specimen.front();
        for bit in 0..bits {
            let mut bytes = specimen.bytes.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let sound =
                agree(&bytes, || format!("{}: byte {} bit {}", specimen.name, bit / 8, bit % 8));
            refused += usize::from(!sound);
        }
        // Some change only how bytes are read, or a frequency in a way that no symbol notices.
        assert!(refused * 10 > bits * 8, "{}: {refused} of {bits} bits refused", specimen.name);
    }
}

#[test]
fn bits_of_words_planes_and_exceptions() {
    let mut random = Random::new(77);
    for specimen in specimens() {
        for part in data_parts(&specimen.layout()) {
            for _ in 0..400 {
                let at = (part.offset + random.below(part.len)) as usize;
                let bit = random.below(8);
                let mut bytes = specimen.bytes.clone();
                bytes[at] ^= 1 << bit;
                agree(&bytes, || format!("{}: byte {at} bit {bit}", specimen.name));
            }
        }
    }
}

/// Bytes overwritten in the words: most decode to nothing sound, and all to the same in both.
#[test]
fn runs_of_noise() {
    let mut random = Random::new(78);
    for specimen in specimens() {
        for _ in 0..500 {
            let mut bytes = specimen.bytes.clone();
            let start = random.below(bytes.len() as u64) as usize;
            let end = bytes.len().min(start + 1 + random.below(40) as usize);
            let noise = random.bytes(end - start);
            bytes[start..end].copy_from_slice(&noise);
            agree(&bytes, || format!("{}: noise in {start}..{end}", specimen.name));
        }
    }
}

/// Padding is checked, the last part's too.
#[test]
fn every_byte_of_padding() {
    let mut seen = 0;
    for specimen in specimens() {
        let layout = specimen.layout();
        let parts = data_parts(&layout).into_iter().chain([layout.tables, layout.index]);
        for part in parts {
            let end = (part.offset + part.len) as usize;
            for at in end..end.next_multiple_of(16) {
                let mut bytes = specimen.bytes.clone();
                bytes[at] = 0x40;
                assert!(!agree(&bytes, || format!("{}: padding at {at}", specimen.name)));
                seen += 1;
            }
        }
    }
    assert!(seen > 100, "{seen} bytes of padding");
}
