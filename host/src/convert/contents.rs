//! The content of a file, by its bytes and not its name.

use super::names;
use crate::positioned_file::PositionedFile;
use crate::safetensors_file;
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
        let (start, file_len) = start_of(path)?;
        if start.starts_with(b"WCDC") {
            return Ok(Self::Archive);
        }
        if !is_start_of_safetensors(&start, file_len) {
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

/// Returns whether a file that can be read begins as safetensors files do, whatever follows.
pub fn begins_like_safetensors(path: &Path) -> bool {
    start_of(path).is_ok_and(|(start, file_len)| is_start_of_safetensors(&start, file_len))
}

fn is_start_of_safetensors(start: &[u8; START], file_len: u64) -> bool {
    file_len >= START as u64 && safetensors_file::begins_like_safetensors(start, file_len)
}

/// The first bytes of a file, with zeros where it has fewer, and its length.
fn start_of(path: &Path) -> Result<([u8; START], u64)> {
    let file = PositionedFile::open(path)?;
    let mut start = [0; START];
    let length = file.len().min(START as u64) as usize;
    file.read_exact_at(&mut start[..length], 0)?;
    Ok((start, file.len()))
}

/// Bytes by which files are told apart: the length of a safetensors header, and how the header
/// begins.
const START: usize = 10;
