//! FORMAT.md section 1: the file. "preamble (64 bytes) | blob 0 | blob 1 | … | header | sums".

use super::blob::decode_blob;
use super::bytes::{integer, require, slice};
use super::crc32c::crc32c;
use super::fields::{lengths, parse_fields};
use super::places::{Place, Places, places};
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
    /// The source was a file that the tensors are pieces of.
    pub as_is: bool,
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
    let places = places(&listed.tensors, &fields)?;
    let blobs = blobs(sums, &fields.lengths, &places, blobs_end)?;
    let decoded = blobs.iter().enumerate().map(|(i, blob)| {
        let length = places.lengths[i];
        decode(file, blob, length).map_err(|why| format!("blob {i}: {why}"))
    });
    let decoded = decoded.collect::<Result<Vec<_>, _>>()?;
    let mut hashes = sums[4 * blobs.len()..].chunks(8);
    let mut tensors: Vec<ReferenceTensor> = Vec::new();
    for (listed, place) in listed.tensors.into_iter().zip(&places.tensors) {
        let Listed { name, dtype, shape, data_offsets: [begin, end] } = listed;
        let data = match *place {
            Place::Same(other) => tensors[other].data.clone(),
            Place::In { blob, start } => {
                let data = slice(&decoded[blob], start, end - begin, "tensor")?;
                let hash = integer(hashes.next().unwrap_or(&[]), 0, 8, "XXH3-64 of a tensor")?;
                let is = xxh3(data);
                require(is == hash, || {
                    format!("tensor {name:?}: the decoded bytes hash to {is:016x}, not {hash:016x}")
                })?;
                data.to_vec()
            }
        };
        tensors.push(ReferenceTensor { name, dtype, shape, data });
    }
    let text = String::from_utf8(text).map_err(|why| why.to_string())?;
    let safetensors_header = fields.is_source.then_some(text);
    let (metadata, as_is) = (listed.metadata, fields.as_is);
    Ok(ReferenceArchive { tensors, metadata, safetensors_header, as_is })
}

/// A blob's place and checksum.
struct BlobEntry {
    offset: u64,
    length: u64,
    crc32c: u64,
}

/// "Blob 0 begins at byte 64, each later one where the one before it ends, and the stored header
/// where the last one ends"; "The CRC-32C of each blob, 4 bytes, then the XXH3-64 of the decoded
/// bytes of each tensor that is not of kind 3, 8 bytes".
fn blobs(
    sums: &[u8],
    lengths_field: &[u8],
    places: &Places,
    blobs_end: u64,
) -> Result<Vec<BlobEntry>, String> {
    let count = places.lengths.len() as u64;
    let own = places.tensors.iter().filter(|place| matches!(place, Place::In { .. })).count();
    require(sums.len() as u64 == 4 * count + 8 * own as u64, || {
        format!("{} bytes are not the sums of {count} blobs and {own} tensors", sums.len())
    })?;
    let (mut offset, mut blobs) = (PREAMBLE_BYTES, Vec::new());
    for (i, length) in (0..).zip(lengths(lengths_field, count)?) {
        let crc32c = integer(sums, 4 * i, 4, "CRC-32C of a blob")?;
        blobs.push(BlobEntry { offset, length, crc32c });
        offset = offset.checked_add(length).ok_or("the blobs are too long")?;
    }
    require(offset == blobs_end, || format!("the blobs end at {offset}, not at {blobs_end}"))?;
    Ok(blobs)
}

/// "The decoded lengths of the tensors of a blob add up to its `byte_len`."
fn decode(file: &[u8], blob: &BlobEntry, length: u64) -> Result<Vec<u8>, String> {
    let bytes = slice(file, blob.offset, blob.length, "blob")?;
    let crc = u64::from(crc32c(bytes));
    require(crc == blob.crc32c, || format!("the blob's CRC-32C is {crc}, not {}", blob.crc32c))?;
    let data = decode_blob(bytes)?;
    require(data.len() as u64 == length, || {
        format!("byte_len is {}, dtype and shape make {length}", data.len())
    })?;
    Ok(data)
}
