//! Section 1: assembles a file, whose JSON header can be changed until the end.

use reference::crc32c;
use serde_json::{Value, json};
use twox_hash::XxHash3_64;

pub struct Source {
    pub name: &'static str,
    pub dtype: &'static str,
    pub shape: Vec<u64>,
    pub data: Vec<u8>,
    pub blob: Vec<u8>,
}

/// Headers are padded to this length, so that a change in one moves no blob. It is no multiple of
/// 256 less 64, so that zeros follow.
const HEADER_LENGTH: usize = 3000;

/// The JSON header of a file of these tensors.
pub fn manifest(sources: &[Source]) -> Value {
    let mut end = 64 + HEADER_LENGTH;
    let mut tensors = Vec::new();
    for source in sources {
        let offset = end.next_multiple_of(256);
        end = offset + source.blob.len();
        tensors.push(json!({
            "name": source.name, "dtype": source.dtype, "shape": source.shape,
            "codec": "by hand", "offset": offset, "length": source.blob.len(),
            "crc32c": crc32c(&source.blob),
            "xxh3": format!("{:016x}", XxHash3_64::oneshot(&source.data)),
        }));
    }
    json!({ "tensors": tensors })
}

/// The header of the safetensors file that the tensors could come from.
pub fn safetensors_header(sources: &[Source]) -> Value {
    let mut header = json!({});
    let mut begin = 0;
    for Source { name, dtype, shape, data, .. } in sources {
        let end = begin + data.len();
        header[*name] = json!({ "dtype": dtype, "shape": shape, "data_offsets": [begin, end] });
        begin = end;
    }
    header
}

/// The file with this header.
pub fn file(manifest: &Value, sources: &[Source]) -> Vec<u8> {
    file_with_text(manifest.to_string().as_bytes(), sources)
}

/// The file with a header that need not be what a JSON library writes.
pub fn file_with_text(text: &[u8], sources: &[Source]) -> Vec<u8> {
    let mut header = text.to_vec();
    assert!(header.len() <= HEADER_LENGTH, "the header of {} bytes is too long", header.len());
    header.resize(HEADER_LENGTH, b' ');
    let mut file = vec![0; 64];
    file.extend_from_slice(&header);
    for source in sources {
        file.resize(file.len().next_multiple_of(256), 0);
        file.extend_from_slice(&source.blob);
    }
    file[..4].copy_from_slice(b"WCDC");
    file[4] = 1;
    set(&mut file, 8, 8, HEADER_LENGTH as u64);
    set(&mut file, 16, 4, crc32c(&header).into());
    let length = file.len() as u64;
    set(&mut file, 24, 8, length);
    file
}

/// Writes `size` bytes of the preamble, and its CRC-32C anew.
pub fn set(file: &mut [u8], offset: usize, size: usize, value: u64) {
    file[offset..offset + size].copy_from_slice(&value.to_le_bytes()[..size]);
    let crc = crc32c(&file[..60]);
    file[60..64].copy_from_slice(&crc.to_le_bytes());
}
