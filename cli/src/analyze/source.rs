//! Checkpoints to analyse, compressed or not.

use std::path::{Path, PathBuf};
use wcodec::container::{Limits, Shape};
use wcodec::convert::{Bases, Contents, checkpoints_in};
use wcodec::{Archive, Decoder, DeviceChoice, Dtype, SafetensorsFile};

/// An open checkpoint.
pub enum Checkpoint<'a> {
    Plain(SafetensorsFile),
    /// With what decodes it: a device, and bases if they were given.
    Compressed(Box<Archive>, Decoder, Option<&'a Bases>),
}

/// One of its tensors.
pub struct Tensor<'a> {
    pub name: &'a str,
    pub dtype: Dtype,
    pub shape: &'a Shape,
    pub data: &'a [u8],
    /// Bytes of its blob, where it is compressed.
    pub stored: Option<u64>,
}

/// The file, or the checkpoints in the folder and those below it, by name.
pub fn checkpoints(input: &Path) -> wcodec::Result<Vec<(PathBuf, Contents)>> {
    match input.is_dir() {
        true => checkpoints_in(input),
        false => Ok(vec![(input.to_path_buf(), Contents::of(input)?)]),
    }
}

impl<'a> Checkpoint<'a> {
    /// Opens a file; where it is compressed, `device` decodes it, and it may ask for what `limits`
    /// say and need what `bases` have.
    pub fn open(
        (file, contents): &(PathBuf, Contents),
        device: DeviceChoice,
        limits: &Limits,
        bases: Option<&'a Bases>,
    ) -> wcodec::Result<Self> {
        Ok(match contents {
            Contents::Archive => {
                let archive = Archive::open_with(file, limits)?;
                bases.map_or(Ok(()), |bases| bases.check(&archive))?;
                Self::Compressed(Box::new(archive), Decoder::open(device)?, bases)
            }
            _ => Self::Plain(SafetensorsFile::open(file)?),
        })
    }

    /// Bytes of all tensors, decoded.
    pub fn byte_len(&self) -> u64 {
        match self {
            Self::Plain(file) => file.data_len(),
            Self::Compressed(archive, ..) => {
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
                    let (name, shape) = (spec.name.as_str(), &spec.shape);
                    visit(Tensor { name, dtype: spec.dtype, shape, data: &data, stored: None })?;
                }
            }
            Self::Compressed(archive, decoder, bases) => {
                for tensor in archive.tensors() {
                    data = match bases {
                        Some(bases) => bases.decode(archive, tensor.name(), decoder)?,
                        None => archive.decode_tensor(tensor.name(), decoder)?,
                    };
                    let (name, shape, stored) =
                        (tensor.name(), tensor.shape(), tensor.stored_bytes());
                    let (dtype, stored) = (tensor.dtype(), Some(stored));
                    visit(Tensor { name, dtype, shape, data: &data, stored })?;
                }
            }
        }
        Ok(())
    }
}
