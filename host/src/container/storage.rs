//! The bytes of an archive: read at positions, or mapped.

use crate::positioned_file::PositionedFile;
use crate::{Error, Result};
use memmap2::Mmap;
use std::borrow::Cow;
use std::path::Path;

/// Where an archive's bytes come from.
#[derive(Debug)]
pub(super) struct Storage {
    file: PositionedFile,
    map: Option<Mmap>,
}

impl Storage {
    /// A file read at positions.
    pub fn open(path: &Path) -> Result<Self> {
        Ok(Self { file: PositionedFile::open(path)?, map: None })
    }

    /// A file mapped into memory.
    ///
    /// # Safety
    /// Nobody changes or truncates the file while the value lives.
    #[allow(unsafe_code)]
    pub unsafe fn open_mapped(path: &Path) -> Result<Self> {
        let file = PositionedFile::open(path)?;
        // SAFETY: the caller vouches that the file stays as it is, which is all that `Mmap::map` asks.
        let map = unsafe { Mmap::map(file.file()) }.map_err(Error::io("map", path))?;
        Ok(Self { file, map: Some(map) })
    }

    pub fn file(&self) -> &PositionedFile {
        &self.file
    }

    /// The bytes from `offset` on: borrowed where the file is mapped, read otherwise.
    pub fn read(&self, offset: u64, len: u64, what: &'static str) -> Result<Cow<'_, [u8]>> {
        match &self.map {
            None => self.file.read_vec(offset, len, what).map(Cow::Owned),
            Some(map) => {
                self.file.check_reaches(offset.saturating_add(len))?;
                part(map, offset, len).map(Cow::Borrowed).ok_or_else(|| {
                    Error::io("read", self.file.path())(std::io::ErrorKind::UnexpectedEof.into())
                })
            }
        }
    }

    /// Fills `bytes` from `offset` on.
    pub fn read_into(&self, offset: u64, bytes: &mut [u8]) -> Result<()> {
        match &self.map {
            None => self.file.read_exact_at(bytes, offset),
            Some(_) => {
                let part = self.read(offset, bytes.len() as u64, "a part of a blob")?;
                bytes.copy_from_slice(&part);
                Ok(())
            }
        }
    }
}

fn part(map: &[u8], offset: u64, len: u64) -> Option<&[u8]> {
    let start = usize::try_from(offset).ok()?;
    map.get(start..)?.get(..usize::try_from(len).ok()?)
}
