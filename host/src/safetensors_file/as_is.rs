//! A file of any content, as tensors that are pieces of it.

use super::SafetensorsFile;
use crate::manifest::{Manifest, TensorSpec};
use crate::memory::reserve;
use crate::positioned_file::PositionedFile;
use crate::{Dtype, Error, Result};
use std::path::Path;
use std::sync::Arc;

/// Bytes of a piece: several are coded at once, and memory holds no more than a few of them.
const PIECE: u64 = 32 << 20;

impl SafetensorsFile {
    /// Opens a file that is to be carried as it is, whatever is in it.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::OutOfMemory`]; [`Error::InvalidArgument`] where it has too many
    /// pieces.
    pub(crate) fn open_as_is(path: &Path) -> Result<Self> {
        let file = PositionedFile::open(path)?;
        let count = file.len().div_ceil(PIECE);
        if u32::try_from(count).is_err() {
            return Err(Error::InvalidArgument(format!("{} is too long", path.display())));
        }
        let mut tensors = reserve(count, "the pieces of a file")?;
        let mut offsets = reserve(count + 1, "the places of pieces")?;
        offsets.push(0);
        for number in 0..count {
            let start = number * PIECE;
            let len = PIECE.min(file.len() - start);
            let name = number.to_string();
            tensors.push(TensorSpec { name, dtype: Dtype::U8, shape: [len].into() });
            offsets.push(start + len);
        }
        let manifest = Manifest { tensors, as_is: true, ..Manifest::default() };
        Ok(Self::new(file, Arc::new(manifest), offsets))
    }
}
