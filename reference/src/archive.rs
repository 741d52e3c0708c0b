//! FORMAT.md section 1: the file. "preamble (64 bytes) | header (JSON) | zeros to a multiple of
//! 256 | blob 0 | zeros to 256 | blob 1 | … | blob n−1".

use super::blob::decode_blob;
use super::bytes::{align, require, slice, zeros};
use super::crc32c::crc32c;
use super::dtype::decoded_length;
use super::manifest::{Entry, Manifest, parse_manifest};
use super::preamble::{PREAMBLE_BYTES, checked_header};
use super::source::check_source;
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
pub fn decode_archive(bytes: &[u8]) -> Result<ReferenceArchive, String> {
    let header = checked_header(bytes)?;
    let Manifest { entries, metadata, safetensors_header } = parse_manifest(header)?;
    check_layout(bytes, header.len() as u64, &entries)?;
    let mut tensors = Vec::new();
    for entry in entries {
        let data = decode_tensor(bytes, &entry);
        let data = data.map_err(|why| format!("tensor {:?}: {why}", entry.name))?;
        let Entry { name, dtype, shape, .. } = entry;
        tensors.push(ReferenceTensor { name, dtype, shape, data });
    }
    let archive = ReferenceArchive { tensors, metadata, safetensors_header };
    check_source(&archive)?;
    Ok(archive)
}

/// "`offset` of the first blob is `align(64 + header length, 256)`, of each later one
/// `align(offset + length of the one before, 256)`"; "The file ends with the last byte of the last
/// blob (with no tensors: with the last byte of the header)".
fn check_layout(file: &[u8], header_length: u64, entries: &[Entry]) -> Result<(), String> {
    let mut end = PREAMBLE_BYTES + header_length;
    for Entry { name, offset, length, .. } in entries {
        let expected = align(end, 256, "offset")?;
        require(*offset == expected, || {
            format!("tensor {name:?}: its blob is at {offset}, it should be at {expected}")
        })?;
        zeros(file, end, expected - end, &format!("padding before the blob of {name:?}"))?;
        slice(file, *offset, *length, &format!("blob of {name:?}"))?;
        end = offset + length;
    }
    let length = file.len();
    require(end == length as u64, || format!("the blobs end at {end}, the file at {length}"))
}

fn decode_tensor(file: &[u8], entry: &Entry) -> Result<Vec<u8>, String> {
    let blob = slice(file, entry.offset, entry.length, "blob")?;
    let crc = crc32c(blob);
    require(crc == entry.crc32c, || format!("the blob's CRC-32C is {crc}, not {}", entry.crc32c))?;
    let data = decode_blob(blob)?;
    let length = decoded_length(&entry.dtype, &entry.shape)?;
    require(data.len() as u64 == length, || {
        format!("byte_len is {}, dtype and shape make {length}", data.len())
    })?;
    let hash = xxh3(&data);
    require(hash == entry.xxh3, || {
        format!("the decoded bytes hash to {hash:016x}, not {:016x}", entry.xxh3)
    })?;
    Ok(data)
}
