//! Checkpoints to analyse, compressed or not.

use anyhow::{Context, bail};
use std::fs;
use std::path::{Path, PathBuf};
use wcodec::container::Limits;
use wcodec::convert::{SAFETENSORS, WCODEC};
use wcodec::{Archive, Decoder, DeviceChoice, Dtype, SafetensorsFile};

/// An open checkpoint.
pub enum Checkpoint {
    Plain(SafetensorsFile),
    Compressed(Archive, Decoder),
}

/// One of its tensors.
pub struct Tensor<'a> {
    pub name: &'a str,
    pub dtype: Dtype,
    pub shape: &'a [u64],
    pub data: &'a [u8],
    /// Bytes of its blob, where it is compressed.
    pub stored: Option<u64>,
}

/// The file, or the checkpoints in the folder by name.
pub fn checkpoints(input: &Path) -> anyhow::Result<Vec<PathBuf>> {
    if !input.is_dir() {
        return Ok(vec![input.to_path_buf()]);
    }
    let unreadable = || format!("cannot read {}", input.display());
    let mut files = Vec::new();
    for entry in fs::read_dir(input).with_context(unreadable)? {
        let path = entry.with_context(unreadable)?.path();
        if has_extension(&path, SAFETENSORS) || has_extension(&path, WCODEC) {
            files.push(path);
        }
    }
    if files.is_empty() {
        bail!("{} holds neither .{SAFETENSORS} nor .{WCODEC} files", input.display());
    }
    files.sort();
    Ok(files)
}

fn has_extension(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|found| found == extension)
}

impl Checkpoint {
    /// Opens a file; where it is compressed, `device` decodes it, and it may ask for what `limits` say.
    pub fn open(file: &Path, device: DeviceChoice, limits: &Limits) -> anyhow::Result<Self> {
        Ok(match has_extension(file, WCODEC) {
            true => Self::Compressed(Archive::open_with(file, limits)?, Decoder::open(device)?),
            false => Self::Plain(SafetensorsFile::open(file)?),
        })
    }

    /// Bytes of all tensors, decoded.
    pub fn byte_len(&self) -> u64 {
        match self {
            Self::Plain(file) => file.data_len(),
            Self::Compressed(archive, _) => {
                archive.tensors().iter().fold(0, |sum, t| t.byte_len().saturating_add(sum))
            }
        }
    }

    /// Visits the tensors, one at a time in memory.
    pub fn for_each(
        &self,
        mut visit: impl FnMut(Tensor<'_>) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let mut data = Vec::new();
        match self {
            Self::Plain(file) => {
                for (index, spec) in file.manifest().tensors.iter().enumerate() {
                    file.read_tensor(index, &mut data)?;
                    let (name, shape) = (spec.name.as_str(), &spec.shape[..]);
                    visit(Tensor { name, dtype: spec.dtype, shape, data: &data, stored: None })?;
                }
            }
            Self::Compressed(archive, decoder) => {
                for tensor in archive.tensors() {
                    archive.decode_into(tensor, decoder, &mut data)?;
                    let (name, shape, stored) = (tensor.name(), tensor.shape(), tensor.blob_len());
                    let (dtype, stored) = (tensor.dtype(), Some(stored));
                    visit(Tensor { name, dtype, shape, data: &data, stored })?;
                }
            }
        }
        Ok(())
    }
}
