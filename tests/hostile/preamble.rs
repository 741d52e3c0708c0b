//! The integers of the preamble.

use crate::EXTREMES;
use crate::archive::Parts;
use crate::negatives::Negative;
use support::forged::sign;

/// Every integer at every extreme but its own value.
pub fn negatives() -> Vec<Negative> {
    let file = Parts::smallest().file();
    let len = file.len() as u64;
    let mut negatives = Vec::new();
    let mut add = |field: &str, at: usize, size: usize, value: u64, code| {
        let mut bytes = file.clone();
        bytes[at..at + size].copy_from_slice(&value.to_le_bytes()[..size]);
        sign(&mut bytes);
        negatives.push(Negative::new(format!("{field} {value}"), bytes, code));
    };
    for value in EXTREMES {
        add("file length", 24, 8, value, if value < len { "trailing_data" } else { "truncated" });
        add("end of the blobs", 32, 8, value, "corrupt");
        if value <= u32::MAX.into() {
            let too_long = value > 100_000_000;
            add("stored length", 8, 4, value, "corrupt");
            add("header length", 12, 4, value, if too_long { "limit_exceeded" } else { "corrupt" });
            add("text length", 16, 4, value, "corrupt");
            add("short length", 40, 4, value, "corrupt");
            add("header checksum", 20, 4, value, "corrupt");
        }
    }
    for (major, code) in [
        (0, "corrupt"),
        (1, "unreleased_version"),
        (3, "unsupported_version"),
        (0xFFFF, "unsupported_version"),
    ] {
        add("major version", 4, 2, major, code);
    }
    for at in (44..60).step_by(4) {
        add("reserved", at, 1, 0x80, "corrupt");
    }
    negatives
}
