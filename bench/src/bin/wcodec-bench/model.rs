//! Models of BF16 that are written to files.

use anyhow::{Context, Result};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

/// A tensor of BF16.
pub struct Tensor<'a> {
    pub name: String,
    pub shape: [u64; 2],
    pub data: &'a [u8],
}

/// The bytes of a tensor of BF16.
pub fn byte_len([rows, columns]: [u64; 2]) -> u64 {
    2 * rows * columns
}

/// Layer after layer of these shapes, until there are at least so many bytes.
pub fn shapes(layer: &[[u64; 2]], bytes: u64) -> Vec<[u64; 2]> {
    let mut end = 0;
    let more = |shape: &[u64; 2]| {
        let goes_on = end < bytes;
        end += byte_len(*shape);
        goes_on
    };
    layer.iter().copied().cycle().take_while(more).collect()
}

/// Writes a safetensors file of these tensors.
pub fn write_safetensors(path: &Path, tensors: &[Tensor<'_>]) -> Result<()> {
    let mut header = serde_json::Map::new();
    let mut end = 0;
    for Tensor { name, shape, data } in tensors {
        let start = end;
        end += data.len();
        let entry =
            serde_json::json!({"dtype": "BF16", "shape": shape, "data_offsets": [start, end]});
        header.insert(name.clone(), entry);
    }
    let mut header = serde_json::to_vec(&header)?;
    header.resize(header.len().next_multiple_of(8), b' ');
    let file = File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
    let mut out = BufWriter::new(file);
    out.write_all(&(header.len() as u64).to_le_bytes())?;
    out.write_all(&header)?;
    tensors.iter().try_for_each(|tensor| out.write_all(tensor.data))?;
    Ok(out.flush()?)
}
