//! The integers of a blob's header and index, the blob's checksum made anew.

use crate::EXTREMES;
use crate::archive::Parts;
use crate::negatives::Negative;
use wcodec::Blob;

/// Blob 0 with some bytes overwritten.
fn overwrite(parts: &Parts, at: usize, bytes: &[u8]) -> Vec<u8> {
    parts.with(|parts| parts.blobs[0][at..at + bytes.len()].copy_from_slice(bytes)).file()
}

/// Every integer of the header at every extreme.
pub fn header() -> Vec<Negative> {
    let parts = Parts::sound();
    let fields = [
        ("byte_len", 16, 8),
        ("row_bytes", 24, 8),
        ("word_count", 32, 8),
        ("exception_count", 40, 4),
        ("tables_len", 44, 4),
        ("blob_len", 48, 8),
    ];
    let mut negatives = Vec::new();
    for (field, at, size) in fields {
        for value in EXTREMES {
            let bytes = &value.to_le_bytes()[..size];
            // Values from 2^32 on, cut to four bytes, were tried already.
            if size == 8 || value <= u32::MAX.into() {
                let what = format!("{field} {value}");
                negatives.push(Negative::new(what, overwrite(&parts, at, bytes), "corrupt"));
            }
        }
    }
    for (field, at) in [("magic", 0), ("split", 4), ("codec", 5), ("version", 6), ("height", 7)] {
        let bytes = overwrite(&parts, at, &[0xFF]);
        let code = if [4, 5, 6].contains(&at) { "unknown_feature" } else { "corrupt" };
        negatives.push(Negative::new(format!("{field} 255"), bytes, code));
    }
    for height in 0..7 {
        let bytes = overwrite(&parts, 7, &[height]);
        negatives.push(Negative::new(format!("height {height}"), bytes, "corrupt"));
    }
    negatives.push(Negative::new("version 0".into(), overwrite(&parts, 6, &[0]), "corrupt"));
    for at in [8, 9, 10, 11, 12, 13, 14, 15, 56, 60, 63] {
        let bytes = overwrite(&parts, at, &[0x11]);
        negatives.push(Negative::new(format!("header byte {at}"), bytes, "corrupt"));
    }
    negatives
}

/// Every integer of every index entry at every extreme; the header's own where they are no
/// contradiction.
pub fn index() -> Vec<Negative> {
    let parts = Parts::sound();
    let layout = *Blob::parse(&parts.blobs[0]).expect("a sound blob").layout();
    let start = layout.index.offset as usize;
    let mut negatives = Vec::new();
    for entry in 0..layout.grid.tile_count() as usize + 1 {
        let at = start + 12 * entry;
        for value in EXTREMES {
            for (field, offset, size) in [("words_start", 0, 6), ("exceptions_start", 8, 4)] {
                let bytes = &value.to_le_bytes()[..size];
                let is_own = parts.blobs[0][at + offset..][..size] == *bytes;
                if !is_own {
                    let what = format!("{field} {value} of entry {entry}");
                    let bytes = overwrite(&parts, at + offset, bytes);
                    negatives.push(Negative::new(what, bytes, "corrupt"));
                }
            }
        }
        let own = parts.blobs[0][at + 6];
        for selector in [0x01, 0x0F, 0x50, 0x70, 0x80, 0xFF].into_iter().filter(|&s| s != own) {
            let bytes = overwrite(&parts, at + 6, &[selector]);
            // Predictors 5 to 7 are left for newer versions; the entry after the last tile has
            // none.
            let is_tile = entry < layout.grid.tile_count() as usize;
            let is_unknown = is_tile && (0x50..0x80).contains(&selector);
            let code = if is_unknown { "unknown_feature" } else { "corrupt" };
            let what = format!("selector {selector} of entry {entry}");
            negatives.push(Negative::new(what, bytes, code));
        }
        for base in [1, 14] {
            let bytes = overwrite(&parts, at + 7, &[base]);
            negatives.push(Negative::new(
                format!("base {base} of entry {entry}"),
                bytes,
                "corrupt",
            ));
        }
    }
    negatives
}
