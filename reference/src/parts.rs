//! FORMAT.md section 7: "header (64 bytes) | tables | index | words | stored plane | raw plane 0 |
//! raw plane 1 | raw plane 2 | exceptions".

use super::bytes::{align, require, slice, zeros};
use super::header::{BlobHeader, HEADER_BYTES, PLANE_HEADER_BYTES};
use super::index::ENTRY_BYTES;

/// Section 6: "one stream of 32-bit *words*".
const WORD_BYTES: u64 = 4;

pub struct Parts<'a> {
    /// The parts of the coded bytes.
    pub coded: CodedParts<'a>,
    pub raw: [&'a [u8]; 3],
    /// The parts of raw planes that are coded, empty for the others.
    pub coded_planes: [CodedParts<'a>; 3],
}

/// The parts of the coded bytes of a tensor, or of a coded plane.
#[derive(Clone, Copy, Default)]
pub struct CodedParts<'a> {
    pub tables: &'a [u8],
    pub index: &'a [u8],
    pub words: &'a [u8],
    pub stored: &'a [u8],
    pub exceptions: &'a [u8],
}

/// Cuts a blob into its parts. That they fill it exactly proves every size in the headers.
pub fn cut<'a>(blob: &'a [u8], header: &BlobHeader, tiles: u64) -> Result<Parts<'a>, String> {
    let mut rest = Rest { blob, at: HEADER_BYTES };
    let planes = header.coded_planes.each_ref().map(Option::as_deref);
    let plane_headers = planes.iter().flatten().count() as u64;
    rest.part(PLANE_HEADER_BYTES, plane_headers, "plane headers")?;
    let mut coded = CodedParts::default();
    let mut coded_planes = [CodedParts::default(); 3];
    rest.front(&mut coded, header, tiles)?;
    for (parts, plane) in coded_planes.iter_mut().zip(planes) {
        if let Some(plane) = plane {
            rest.front(parts, plane, plane.geometry.tiles()?)?;
        }
    }
    rest.body(&mut coded, header)?;
    let mut raw: [&[u8]; 3] = [&[]; 3];
    for p in 0..3 {
        match planes[p] {
            Some(plane) => {
                rest.body(&mut coded_planes[p], plane)?;
                rest.exceptions(&mut coded_planes[p], plane)?;
            }
            None => {
                let lanes = header.geometry.lanes();
                raw[p] = rest.part(raw_bytes(header, p), lanes, &format!("raw plane {p}"))?;
            }
        }
    }
    rest.exceptions(&mut coded, header)?;
    let (end, blob_len) = (rest.at, header.blob_len);
    require(end == blob_len, || format!("the parts end at {end}, blob_len is {blob_len}"))?;
    Ok(Parts { coded, raw, coded_planes })
}

/// Bytes a lane and row of the stored plane.
fn stored_bytes(header: &BlobHeader) -> u64 {
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
    /// "its tables and its index"
    fn front(
        &mut self,
        parts: &mut CodedParts<'a>,
        header: &BlobHeader,
        tiles: u64,
    ) -> Result<(), String> {
        parts.tables = self.part(1, header.tables_len, "tables")?;
        let entries = tiles.checked_add(1).ok_or("the number of tiles overflows")?;
        parts.index = self.part(ENTRY_BYTES, entries, "index")?;
        Ok(())
    }

    /// "Its words, its stored plane"
    fn body(&mut self, parts: &mut CodedParts<'a>, header: &BlobHeader) -> Result<(), String> {
        parts.words = self.part(WORD_BYTES, header.word_count, "words")?;
        parts.stored = self.part(stored_bytes(header), header.geometry.lanes(), "stored plane")?;
        Ok(())
    }

    /// "and its exceptions"
    fn exceptions(
        &mut self,
        parts: &mut CodedParts<'a>,
        header: &BlobHeader,
    ) -> Result<(), String> {
        parts.exceptions = self.part(4, header.exception_count, "exceptions")?;
        Ok(())
    }

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
