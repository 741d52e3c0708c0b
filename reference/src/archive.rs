//! FORMAT.md section 1: the file. "preamble (64 bytes) | blob 0 | blob 1 | … | header | sums".

use super::blob::decode_blob;
use super::bytes::{integer, require, slice};
use super::crc32c::crc32c;
use super::fields::{lengths, parse_fields};
use super::preamble::{Front, PREAMBLE_BYTES, read_front};
use super::text::{Listed, parse_text};
use super::xxh3::xxh3;
use std::collections::BTreeMap;

/// Everything that a file holds.
pub struct ReferenceArchive {
    /// "in the order of the source"
    pub tensors: Vec<ReferenceTensor>,
    /// "the source's `__metadata__`; absent where the source had none"
    pub metadata: Option<BTreeMap<String, String>>,
    /// "the source's own JSON header to the byte, its padding included"
    pub safetensors_header: Option<String>,
}

/// A tensor as it was before it was encoded.
pub struct ReferenceTensor {
    /// Unique in the file.
    pub name: String,
    /// As safetensors spells it.
    pub dtype: String,
    /// Empty for rank 0.
    pub shape: Vec<u64>,
    /// The decoded bytes.
    pub data: Vec<u8>,
}

/// Decodes a file, or says which rule of FORMAT.md it breaks and where.
pub fn decode_archive(file: &[u8]) -> Result<ReferenceArchive, String> {
    let Front { text, fields, sums, blobs_end } = read_front(file)?;
    let listed = parse_text(&text)?;
    let fields = parse_fields(&fields)?;
    let count = listed.tensors.len() as u64;
    let blobs = blobs(sums, &lengths(&fields.lengths, count)?, blobs_end)?;
    let mut tensors = Vec::new();
    for (listed, blob) in listed.tensors.into_iter().zip(blobs) {
        let data = decode_tensor(file, &listed, &blob);
        let data = data.map_err(|why| format!("tensor {:?}: {why}", listed.name))?;
        let Listed { name, dtype, shape, .. } = listed;
        tensors.push(ReferenceTensor { name, dtype, shape, data });
    }
    let text = String::from_utf8(text).map_err(|why| why.to_string())?;
    let safetensors_header = fields.is_source.then_some(text);
    Ok(ReferenceArchive { tensors, metadata: listed.metadata, safetensors_header })
}

/// A blob's place and sums.
struct BlobEntry {
    offset: u64,
    length: u64,
    crc32c: u64,
    xxh3: u64,
}

/// "Blob 0 begins at byte 64, each later one where the one before ends, and the stored header where
/// the last one ends"; "The sums are the CRC-32C of each blob, 4 bytes, then the XXH3-64 of each
/// tensor's decoded bytes, 8 bytes".
fn blobs(sums: &[u8], lengths: &[u64], blobs_end: u64) -> Result<Vec<BlobEntry>, String> {
    let count = lengths.len() as u64;
    require(sums.len() as u64 == 12 * count, || {
        format!("{} bytes are not the sums of {count} blobs", sums.len())
    })?;
    let (mut offset, mut blobs) = (PREAMBLE_BYTES, Vec::new());
    for (i, &length) in (0..).zip(lengths) {
        let crc32c = integer(sums, 4 * i, 4, "CRC-32C of a blob")?;
        let xxh3 = integer(sums, 4 * count + 8 * i, 8, "XXH3-64 of a tensor")?;
        blobs.push(BlobEntry { offset, length, crc32c, xxh3 });
        offset = offset.checked_add(length).ok_or("the blobs are too long")?;
    }
    require(offset == blobs_end, || format!("the blobs end at {offset}, not at {blobs_end}"))?;
    Ok(blobs)
}

fn decode_tensor(file: &[u8], listed: &Listed, blob: &BlobEntry) -> Result<Vec<u8>, String> {
    let bytes = slice(file, blob.offset, blob.length, "blob")?;
    let crc = u64::from(crc32c(bytes));
    require(crc == blob.crc32c, || format!("the blob's CRC-32C is {crc}, not {}", blob.crc32c))?;
    let data = decode_blob(bytes)?;
    let [begin, end] = listed.data_offsets;
    require(data.len() as u64 == end - begin, || {
        format!("byte_len is {}, dtype and shape make {}", data.len(), end - begin)
    })?;
    let hash = xxh3(&data);
    require(hash == blob.xxh3, || {
        format!("the decoded bytes hash to {hash:016x}, not {:016x}", blob.xxh3)
    })?;
    Ok(data)
}
