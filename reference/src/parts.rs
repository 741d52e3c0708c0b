//! FORMAT.md section 7: "header (64 bytes) | tables | index | words | stored plane | raw plane 0 |
//! raw plane 1 | raw plane 2 | exceptions".

use super::bytes::{align, require, slice, zeros};
use super::header::{BlobHeader, HEADER_BYTES};
use super::index::ENTRY_BYTES;

/// Section 6: "one stream of 32-bit *words*".
const WORD_BYTES: u64 = 4;

pub struct Parts<'a> {
    pub tables: &'a [u8],
    pub index: &'a [u8],
    pub words: &'a [u8],
    pub coded: &'a [u8],
    pub raw: [&'a [u8]; 3],
    pub exceptions: &'a [u8],
}

/// Cuts a blob into its parts. That they fill it exactly proves every size in the header.
pub fn cut<'a>(blob: &'a [u8], header: &BlobHeader, tiles: u64) -> Result<Parts<'a>, String> {
    let mut rest = Rest { blob, at: HEADER_BYTES };
    let parts = Parts {
        tables: rest.part(1, header.tables_len, "tables")?,
        index: rest.part(ENTRY_BYTES, tiles + 1, "index")?,
        words: rest.part(WORD_BYTES, header.word_count, "words")?,
        coded: rest.part(coded_bytes(header), header.geometry.lanes(), "stored plane")?,
        raw: [
            rest.part(raw_bytes(header, 0), header.geometry.lanes(), "raw plane 0")?,
            rest.part(raw_bytes(header, 1), header.geometry.lanes(), "raw plane 1")?,
            rest.part(raw_bytes(header, 2), header.geometry.lanes(), "raw plane 2")?,
        ],
        exceptions: rest.part(4, header.exception_count, "exceptions")?,
    };
    let (end, blob_len) = (rest.at, header.blob_len);
    require(end == blob_len, || format!("the parts end at {end}, blob_len is {blob_len}"))?;
    Ok(parts)
}

/// Bytes a lane and row of the stored plane.
fn coded_bytes(header: &BlobHeader) -> u64 {
    header.codec.stored_bytes(header.split.lane_elements()) as u64
}

/// Bytes a lane and row of raw plane `p`: none where the split has no such plane or it is
/// constant, otherwise "`n` for a raw plane" (section 7.4).
fn raw_bytes(header: &BlobHeader, p: usize) -> u64 {
    let stored = p < header.split.raw_planes() && header.raw_constants[p].is_none();
    if stored { header.split.lane_elements() as u64 } else { 0 }
}

struct Rest<'a> {
    blob: &'a [u8],
    at: u64,
}

impl<'a> Rest<'a> {
    /// The next part, and past it: "Each part, the last one too, is followed by zeros to a
    /// multiple of 16 bytes".
    fn part(&mut self, item_bytes: u64, items: u64, what: &str) -> Result<&'a [u8], String> {
        let length = item_bytes.checked_mul(items);
        let length = length.ok_or_else(|| format!("the size of the {what} overflows"))?;
        let part = slice(self.blob, self.at, length, what)?;
        let end = self.at + length;
        let next = align(end, 16, what)?;
        zeros(self.blob, end, next - end, &format!("padding after the {what}"))?;
        self.at = next;
        Ok(part)
    }
}
