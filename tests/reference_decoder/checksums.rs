//! The reference's own checksums, by their published values and beside other implementations.

use reference::{crc32c, xxh3};
use support::assembler::original;
use twox_hash::XxHash3_64;

#[test]
fn published_values() {
    assert_eq!(crc32c(b"123456789"), 0xE306_9283);
    assert_eq!(xxh3(b""), 0x2D06_8005_38D3_94C2);
}

/// Each range of lengths has an algorithm of its own; a block is 1,024 bytes.
#[test]
fn xxh3_of_every_length() {
    let bytes = original(1, 20_000, 1);
    for length in (0..3_200).chain([8_191, 8_192, 8_193, 19_999, 20_000]) {
        let input = &bytes[..length];
        assert_eq!(xxh3(input), XxHash3_64::oneshot(input), "{length} bytes");
    }
}
