//! The content of a file, by its bytes and not its name.

use super::names;
use crate::positioned_file::PositionedFile;
use crate::safetensors_file::begins_like_safetensors;
use crate::{Result, SafetensorsFile};
use std::path::Path;

/// The content of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Contents {
    /// Tensors, as safetensors.
    Safetensors,
    /// Tensors, as a .wcodec archive.
    Archive,
    /// Anything else.
    Other,
}

impl Contents {
    /// Looks into a file. One called `.safetensors`, `.sft` or `.wcodec` counts as such whatever it
    /// contains, so that a damaged file is an error when it is opened and not a file of some other
    /// kind.
    ///
    /// # Errors
    /// [`crate::Error::Io`] where it cannot be read.
    pub fn of(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        if names::claims_archive(path) {
            return Ok(Self::Archive);
        }
        if names::claims_safetensors(path) {
            return Ok(Self::Safetensors);
        }
        Self::by_bytes(path)
    }

    /// Looks into a file, whatever it is called.
    pub(super) fn by_bytes(path: &Path) -> Result<Self> {
        let file = PositionedFile::open(path)?;
        let mut start = [0; START];
        let length = file.len().min(START as u64) as usize;
        file.read_exact_at(&mut start[..length], 0)?;
        if start.starts_with(b"WCDC") {
            return Ok(Self::Archive);
        }
        if length < START || !begins_like_safetensors(&start, file.len()) {
            return Ok(Self::Other);
        }
        Ok(match SafetensorsFile::open(path) {
            Ok(_) => Self::Safetensors,
            Err(error) => {
                let path = path.display();
                tracing::warn!("{path} begins like a safetensors file, but is none: {error}");
                Self::Other
            }
        })
    }
}

/// Bytes by which files are told apart: the length of a safetensors header, and how the header
/// begins.
const START: usize = 10;
