//! FORMAT.md section 1: the file. "preamble (64 bytes) | blob 0 | blob 1 | … | header | sums".

use super::blob::decode_blob;
use super::bytes::{integer, require, slice};
use super::crc32c::crc32c;
use super::delta::decode_delta;
use super::elsewhere::{OtherFiles, other_files};
use super::fields::{Fields, lengths, parse_fields};
use super::places::{Place, Places, places};
use super::preamble::{Front, PREAMBLE_BYTES, read_front};
use super::text::{Listed, Text, parse_text};
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

/// Decodes a file, or says which rule of FORMAT.md it breaks and where. It refers to no other file.
pub fn decode_archive(file: &[u8]) -> Result<ReferenceArchive, String> {
    decode_archive_in(file, &|_, _| None)
}

/// The same of a file in a compressed folder: `other` gives the file of a path there, of an archive
/// that says that it lies in this folder there.
pub fn decode_archive_in(
    file: &[u8],
    other: &dyn Fn(&str, &str) -> Option<Vec<u8>>,
) -> Result<ReferenceArchive, String> {
    decode_archive_of(file, &Sources { other, base: &|_, _| None })
}

/// Where a file's tensors are found that are not in it, or not alone.
pub struct Sources<'a> {
    /// The file of a path in a compressed folder, of an archive that says that it lies in this folder.
    pub other: &'a dyn Fn(&str, &str) -> Option<Vec<u8>>,
    /// The tensor of a base with this XXH3-64 and length.
    pub base: &'a dyn Fn(u64, u64) -> Option<Vec<u8>>,
}

/// The same of a file whose other files and bases are found so.
pub fn decode_archive_of(file: &[u8], sources: &Sources<'_>) -> Result<ReferenceArchive, String> {
    let Decoded { listed, fields, text, tensors: own, others } = decode_own(file, sources.base)?;
    let found = others.names.iter().map(|name| {
        let bytes = (sources.other)(&others.folder, name);
        let bytes = bytes.ok_or_else(|| format!("{name} is not there"))?;
        let decoded = decode_own(&bytes, sources.base).map_err(|why| format!("{name}: {why}"))?;
        Ok(decoded.tensors)
    });
    let found = found.collect::<Result<Vec<Vec<Own>>, String>>()?;
    let mut tensors: Vec<ReferenceTensor> = Vec::new();
    for (listed, own) in listed.tensors.into_iter().zip(own) {
        let Listed { name, dtype, shape, data_offsets: [begin, end] } = listed;
        let data = match own {
            Own::Here(data) => data,
            Own::Same(other) => tensors[other].data.clone(),
            Own::Elsewhere(reference, hash) => {
                let (file, number) = others.references[reference];
                let data = match found[file].get(number as usize) {
                    Some(Own::Here(data)) => data,
                    _ => return Err(format!("tensor {name:?} refers to no tensor with bytes")),
                };
                let (is, len) = (xxh3(data), data.len() as u64);
                require(is == hash && len == end - begin, || {
                    format!("tensor {name:?} refers to {len} bytes with hash {is:016x}")
                })?;
                data.clone()
            }
        };
        tensors.push(ReferenceTensor { name, dtype, shape, data });
    }
    let text = String::from_utf8(text).map_err(|why| why.to_string())?;
    let safetensors_header = fields.is_source.then_some(text);
    let (metadata, as_is) = (listed.metadata, fields.as_is);
    Ok(ReferenceArchive { tensors, metadata, safetensors_header, as_is })
}

/// A file without what other files have.
struct Decoded {
    listed: Text,
    fields: Fields,
    text: Vec<u8>,
    tensors: Vec<Own>,
    others: OtherFiles,
}

/// What a file has of a tensor.
enum Own {
    Here(Vec<u8>),
    Same(usize),
    /// The number of a reference, and the hash of the bytes.
    Elsewhere(usize, u64),
}

fn decode_own(file: &[u8], base: &dyn Fn(u64, u64) -> Option<Vec<u8>>) -> Result<Decoded, String> {
    let Front { text, fields, sums, blobs_end } = read_front(file)?;
    let listed = parse_text(&text)?;
    let fields = parse_fields(&fields)?;
    let places = places(&listed.tensors, &fields)?;
    let elsewhere = places.tensors.iter().filter(|place| matches!(place, Place::Elsewhere(_)));
    let others = other_files(&fields, elsewhere.count() as u64)?;
    let blobs = blobs(sums, &fields.lengths, &places, blobs_end)?;
    let mut decoded = Vec::new();
    for (i, (blob, &length)) in blobs.iter().zip(&places.lengths).enumerate() {
        let against = places.tensors.iter().find_map(|place| match *place {
            Place::Against { blob, hash, length } if blob == i => Some((hash, length)),
            _ => None,
        });
        let reference = against.map(|(hash, length)| of_base(base, hash, length)).transpose()?;
        let data = decode(file, blob, reference.as_deref(), length);
        decoded.push(data.map_err(|why| format!("blob {i}: {why}"))?);
    }
    let mut hashes = sums[4 * blobs.len()..].chunks(8);
    let mut hash = || integer(hashes.next().unwrap_or(&[]), 0, 8, "XXH3-64 of a tensor");
    let mut tensors = Vec::new();
    for (Listed { name, data_offsets: [begin, end], .. }, place) in
        listed.tensors.iter().zip(&places.tensors)
    {
        tensors.push(match *place {
            Place::Same(other) => Own::Same(other),
            Place::Elsewhere(reference) => Own::Elsewhere(reference, hash()?),
            Place::Unchanged => Own::Here(of_base(base, hash()?, end - begin)?),
            Place::In { blob, .. } | Place::Against { blob, .. } => {
                let start = if let Place::In { start, .. } = *place { start } else { 0 };
                let data = slice(&decoded[blob], start, end - begin, "tensor")?;
                let (is, hash) = (xxh3(data), hash()?);
                require(is == hash, || {
                    format!("tensor {name:?}: the decoded bytes hash to {is:016x}, not {hash:016x}")
                })?;
                Own::Here(data.to_vec())
            }
        });
    }
    Ok(Decoded { listed, fields, text, tensors, others })
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
    let own = places.tensors.iter().filter(|place| !matches!(place, Place::Same(_))).count();
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

/// "The tensor of a base with this XXH3-64 and as many bytes".
fn of_base(
    base: &dyn Fn(u64, u64) -> Option<Vec<u8>>,
    hash: u64,
    length: u64,
) -> Result<Vec<u8>, String> {
    let missing = || format!("no base has {length} bytes with hash {hash:016x}");
    let data = base(hash, length).ok_or_else(missing)?;
    require(data.len() as u64 == length && xxh3(&data) == hash, missing)?;
    Ok(data)
}

/// "The decoded lengths of the tensors of a blob add up to its `byte_len`." With a reference it is a
/// delta.
fn decode(
    file: &[u8],
    blob: &BlobEntry,
    reference: Option<&[u8]>,
    length: u64,
) -> Result<Vec<u8>, String> {
    let bytes = slice(file, blob.offset, blob.length, "blob")?;
    let crc = u64::from(crc32c(bytes));
    require(crc == blob.crc32c, || format!("the blob's CRC-32C is {crc}, not {}", blob.crc32c))?;
    let data = match reference {
        Some(reference) => decode_delta(bytes, reference)?,
        None => decode_blob(bytes)?,
    };
    require(data.len() as u64 == length, || {
        format!("byte_len is {}, dtype and shape make {length}", data.len())
    })?;
    Ok(data)
}
