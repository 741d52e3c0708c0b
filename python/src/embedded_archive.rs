//! One archive inside of another file.

use crate::embedded::corrupt;
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use wcodec::container::{Limits, TensorSpec};
use wcodec::{Archive, Error, ReadAt, Result};

/// Bytes of an archive's preamble up to the end of the archive's length, which are the last 8 of them.
const LENGTH_END: usize = 32;
/// An archive is followed by fewer zeros than this.
pub const ALIGNMENT: u64 = 8;

/// Bytes of a file from `start` on.
pub struct Part {
    pub file: Arc<File>,
    pub start: u64,
    pub len: u64,
    /// Counts the bytes that are read.
    pub taken: Arc<AtomicU64>,
}

impl Part {
    /// Opens the archive that begins here and has the one tensor of this name; nothing but zeros follow it.
    pub fn open(mut self, spec: &TensorSpec, path: &Path) -> Result<Archive> {
        let place = format!("{}, {}", path.display(), spec.name);
        let mut start = [0; LENGTH_END];
        if self.len < start.len() as u64 {
            return Err(corrupt(place, "it is too short for an archive"));
        }
        self.read(&mut start, 0, path)?;
        let mut len = [0; 8];
        len.copy_from_slice(&start[LENGTH_END - 8..]);
        let len = u64::from_le_bytes(len);
        let padding = self.len.checked_sub(len).filter(|&padding| padding < ALIGNMENT);
        let Some(padding) = padding else {
            return Err(corrupt(place, "it is no archive of its length"));
        };
        let mut zeros = [0; ALIGNMENT as usize];
        let zeros = &mut zeros[..padding as usize];
        self.read(zeros, len, path)?;
        if zeros.iter().any(|&zero| zero != 0) {
            return Err(corrupt(place, "its archive is followed by other bytes than zeros"));
        }
        self.len = len;
        let archive = Archive::from_named_reader(self, path, &Limits::new())?;
        match archive.tensors() {
            [only] if only.name() == spec.name => Ok(archive),
            _ => Err(corrupt(place, "its archive has not this one tensor")),
        }
    }

    fn read(&self, bytes: &mut [u8], offset: u64, path: &Path) -> Result<()> {
        let failed = |source| Error::Io { action: "read", path: path.to_path_buf(), source };
        self.read_exact_at(bytes, offset).map_err(failed)
    }
}

impl ReadAt for Part {
    fn byte_len(&self) -> io::Result<u64> {
        Ok(self.len)
    }

    fn read_exact_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<()> {
        self.taken.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        match offset.checked_add(bytes.len() as u64) {
            Some(end) if end <= self.len => self.file.read_exact_at(bytes, self.start + offset),
            _ => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
}
