//! The bytes of an archive: in a file, in memory, or where a reader gets them from.

use super::TensorInfo;
use crate::memory::{reserve, resize};
use crate::positioned_file::PositionedFile;
use crate::read_at::{ReadAt, part};
use crate::source::check_checksum;
use crate::{Error, Result};
use memmap2::Mmap;
use std::borrow::Cow;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Bytes that are read and summed up at a time: they are still in a core's cache for the second.
const PIECE: u64 = 1 << 18;

/// The source of an archive's bytes.
#[derive(Debug)]
pub(super) struct Storage<'a> {
    /// The file's path as it was given, or what stands for one in messages.
    path: PathBuf,
    /// Bytes in all when it was opened.
    len: u64,
    bytes: Bytes<'a>,
}

enum Bytes<'a> {
    File(PositionedFile),
    Mapped(PositionedFile, Mmap),
    Memory(Box<dyn AsRef<[u8]> + Send + Sync + 'a>),
    Reader(Box<dyn ReadAt + 'a>),
}

impl<'a> Storage<'a> {
    /// A file read at positions.
    pub fn open(path: &Path) -> Result<Self> {
        let file = PositionedFile::open(path)?;
        Ok(Self { path: path.to_path_buf(), len: file.len(), bytes: Bytes::File(file) })
    }

    /// A file mapped into memory.
    ///
    /// # Safety
    /// Nobody changes or truncates the file while the value lives.
    #[allow(unsafe_code)]
    pub unsafe fn open_mapped(path: &Path) -> Result<Self> {
        let file = PositionedFile::open(path)?;
        // SAFETY: the caller vouches that the file stays as it is, which is all that `Mmap::map`
        // asks.
        let map = unsafe { Mmap::map(file.file()) }.map_err(Error::io("map", path))?;
        Ok(Self { path: path.to_path_buf(), len: file.len(), bytes: Bytes::Mapped(file, map) })
    }

    /// Bytes in memory.
    pub fn in_memory(bytes: impl AsRef<[u8]> + Send + Sync + 'a) -> Self {
        let len = bytes.as_ref().len() as u64;
        Self { path: "<memory>".into(), len, bytes: Bytes::Memory(Box::new(bytes)) }
    }

    /// Bytes that a reader gets, called by this name in messages.
    pub fn of_reader(reader: impl ReadAt + 'a, name: &Path) -> Result<Self> {
        let len = reader.byte_len().map_err(Error::io("read", name))?;
        Ok(Self { path: name.to_path_buf(), len, bytes: Bytes::Reader(Box::new(reader)) })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Bytes in all when it was opened.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// The file, where there is one.
    pub fn file(&self) -> Option<&PositionedFile> {
        match &self.bytes {
            Bytes::File(file) | Bytes::Mapped(file, _) => Some(file),
            Bytes::Memory(_) | Bytes::Reader(_) => None,
        }
    }

    /// The bytes from `offset` on: borrowed where they are in memory, read otherwise.
    pub fn read(&self, offset: u64, len: u64, what: &'static str) -> Result<Cow<'_, [u8]>> {
        let memory: &[u8] = match &self.bytes {
            Bytes::File(_) | Bytes::Reader(_) => {
                let mut bytes = Vec::new();
                resize(&mut bytes, len, what)?;
                self.read_into(offset, &mut bytes)?;
                return Ok(Cow::Owned(bytes));
            }
            Bytes::Mapped(file, map) => {
                file.check_reaches(offset.saturating_add(len))?;
                map
            }
            Bytes::Memory(memory) => (**memory).as_ref(),
        };
        part(memory, offset, len)
            .map(Cow::Borrowed)
            .ok_or_else(|| self.failed(io::ErrorKind::UnexpectedEof.into()))
    }

    /// Fills `bytes` from `offset` on.
    pub fn read_into(&self, offset: u64, bytes: &mut [u8]) -> Result<()> {
        match &self.bytes {
            Bytes::File(file) => file.read_exact_at(bytes, offset),
            Bytes::Reader(reader) => {
                reader.read_exact_at(bytes, offset).map_err(|error| self.failed(error))
            }
            Bytes::Mapped(..) | Bytes::Memory(_) => {
                let part = self.read(offset, bytes.len() as u64, "a part of a blob")?;
                bytes.copy_from_slice(&part);
                Ok(())
            }
        }
    }

    /// The error of bytes that cannot be read: those that end before the length that they had are
    /// called so.
    fn failed(&self, error: io::Error) -> Error {
        if error.kind() != io::ErrorKind::UnexpectedEof {
            return Error::io("read", &self.path)(error);
        }
        let now = match &self.bytes {
            Bytes::Memory(memory) => (**memory).as_ref().len() as u64,
            Bytes::Reader(reader) => reader.byte_len().unwrap_or(0),
            Bytes::File(file) | Bytes::Mapped(file, _) => {
                file.file().metadata().map_or(0, |metadata| metadata.len())
            }
        };
        Error::Truncated { place: self.place(), expected: self.len, actual: now }
    }

    /// All of it, for an error that says where.
    pub fn place(&self) -> String {
        self.path.display().to_string()
    }

    /// Names a tensor of it in a message.
    pub fn place_of(&self, tensor: &TensorInfo) -> String {
        format!("tensor {:?} of {}", tensor.name(), self.path.display())
    }

    /// The blob of a tensor, its checksum checked.
    pub fn read_blob(&self, tensor: &TensorInfo) -> Result<Cow<'_, [u8]>> {
        match self.bytes {
            Bytes::File(_) | Bytes::Reader(_) => Ok(Cow::Owned(self.read_summed(tensor)?)),
            Bytes::Mapped(..) | Bytes::Memory(_) => {
                let blob = self.read(
                    tensor.place.blob.offset,
                    tensor.place.blob.length,
                    "a compressed tensor",
                )?;
                self.check_blob(tensor, &blob)?;
                Ok(blob)
            }
        }
    }

    /// The blob of a tensor, copied and summed up piece by piece, which takes memory's time once.
    fn read_summed(&self, tensor: &TensorInfo) -> Result<Vec<u8>> {
        let mut blob: Vec<u8> = reserve(tensor.place.blob.length, "a compressed tensor")?;
        let mut crc = 0;
        while (blob.len() as u64) < tensor.place.blob.length {
            let start = blob.len();
            let piece = (tensor.place.blob.length - start as u64).min(PIECE);
            blob.resize(start + piece as usize, 0);
            self.read_into(tensor.place.blob.offset + start as u64, &mut blob[start..])?;
            crc = crc32c::crc32c_append(crc, &blob[start..]);
        }
        check_checksum(tensor.place.blob.crc32c, crc, || self.place_of(tensor))?;
        Ok(blob)
    }

    /// Compares the CRC-32C of a tensor's blob, which is not kept, with the one in the header.
    pub fn check_blob_in_pieces(&self, tensor: &TensorInfo) -> Result<()> {
        let blob = tensor.place.blob;
        let crc = self.sum_in_pieces(blob.offset, blob.offset + blob.length)?;
        check_checksum(blob.crc32c, crc, || self.place_of(tensor))
    }

    /// The CRC-32C of the bytes from `offset` to `end`, of which no more is held than a piece.
    pub fn sum_in_pieces(&self, mut offset: u64, end: u64) -> Result<u32> {
        let mut crc = 0;
        while offset < end {
            let len = (end - offset).min(PIECE);
            crc = crc32c::crc32c_append(crc, &self.read(offset, len, "a part of an archive")?);
            offset += len;
        }
        Ok(crc)
    }

    /// Compares the CRC-32C of a tensor's blob with the one in the header.
    pub fn check_blob(&self, tensor: &TensorInfo, blob: &[u8]) -> Result<()> {
        check_checksum(tensor.place.blob.crc32c, crc32c::crc32c(blob), || self.place_of(tensor))
    }
}

impl fmt::Debug for Bytes<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::File(_) => "File",
            Self::Mapped(..) => "Mapped",
            Self::Memory(_) => "Memory",
            Self::Reader(_) => "Reader",
        })
    }
}
