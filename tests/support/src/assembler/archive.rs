//! Section 1: assembles a file, whose header can be changed until the end.

use crate::forged::{Forged, LENGTHS, planes};
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

/// The file of these tensors.
pub fn forged(sources: &[Source]) -> Forged {
    with_text(safetensors_header(sources).to_string().as_bytes(), sources)
}

/// The file of these tensors, with a text that need not be what a JSON library writes.
pub fn with_text(text: &[u8], sources: &[Source]) -> Forged {
    let mut forged = Forged::of_text(text);
    let lengths: Vec<u64> = sources.iter().map(|source| source.blob.len() as u64).collect();
    if !sources.is_empty() {
        forged.fields.push((LENGTHS, planes(&lengths)));
    }
    for source in sources {
        forged.blobs.extend_from_slice(&source.blob);
        forged.sums.extend_from_slice(&crc32c(&source.blob).to_le_bytes());
    }
    for source in sources {
        forged.sums.extend_from_slice(&XxHash3_64::oneshot(&source.data).to_le_bytes());
    }
    forged
}

/// Writes `size` bytes of the preamble, and its CRC-32C anew.
pub fn set(file: &mut [u8], offset: usize, size: usize, value: u64) {
    file[offset..offset + size].copy_from_slice(&value.to_le_bytes()[..size]);
    crate::forged::sign(file);
}
