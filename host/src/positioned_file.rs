//! A regular file read at positions, so that one handle serves many threads.

use crate::attributes::Attributes;
use crate::file_identity::FileIdentity;
use crate::memory::resize;
use crate::{Error, Result};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// A regular file, open for reading.
#[derive(Debug)]
pub(crate) struct PositionedFile {
    file: File,
    path: PathBuf,
    len: u64,
    attributes: Attributes,
    identity: FileIdentity,
    taken: AtomicU64,
}

impl PositionedFile {
    /// Opens a regular file.
    pub fn open(path: &Path) -> Result<Self> {
        // Asked before opening: opening a pipe would wait for its writer.
        let kind = fs::metadata(path).map_err(Error::io("read", path))?;
        if !kind.is_file() {
            return Err(Error::io("read", path)(not_a_file(&kind)));
        }
        let file = File::open(path).map_err(Error::io("read", path))?;
        let metadata = file.metadata().map_err(Error::io("read", path))?;
        let (len, attributes) = (metadata.len(), Attributes::of(&metadata));
        let identity = FileIdentity::of_file(&file).map_err(Error::io("read", path))?;
        let taken = AtomicU64::new(0);
        Ok(Self { file, path: path.to_path_buf(), len, attributes, identity, taken })
    }

    /// The file's path, as it was given.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its length in bytes when it was opened.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Bytes that were read so far, each as often as it was.
    pub fn bytes_read(&self) -> u64 {
        self.taken.load(Ordering::Relaxed)
    }

    /// Its mode, owner and times when it was opened.
    pub fn attributes(&self) -> &Attributes {
        &self.attributes
    }

    /// The open file.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// The file, for an error that says where.
    pub fn place(&self) -> String {
        self.path.display().to_string()
    }

    /// Fills `buffer` from byte `offset` on, which the file had when it was opened.
    pub fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> Result<()> {
        self.taken.fetch_add(buffer.len() as u64, Ordering::Relaxed);
        read_exact_at(&self.file, buffer, offset).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => self.has_become_shorter(),
            _ => Error::io("read", &self.path)(error),
        })
    }

    /// Returns whether the file has these bytes from `offset` on.
    pub fn has_at(&self, bytes: &[u8], offset: u64) -> bool {
        let mut buffer = [0; 1 << 14];
        let mut offset = offset;
        bytes.chunks(buffer.len()).all(|chunk| {
            let found = &mut buffer[..chunk.len()];
            let read = self.read_exact_at(found, offset);
            offset += chunk.len() as u64;
            read.is_ok() && found == chunk
        })
    }

    /// The file as it was when it was opened.
    pub fn identity(&self) -> FileIdentity {
        self.identity
    }

    /// Fails where the open file has been written to, or where its path leads to another file, so
    /// that the bytes read may be of two versions, or of one that is gone.
    pub fn check_unchanged(&self) -> Result<()> {
        let now = [FileIdentity::of_file(&self.file), FileIdentity::of_path(&self.path)];
        let same = now.into_iter().all(|now| now.is_ok_and(|now| now == self.identity));
        if same { Ok(()) } else { Err(self.changed()) }
    }

    /// The error of a file that is not what was opened.
    pub fn changed(&self) -> Error {
        Error::Changed { path: self.path.clone() }
    }

    /// Fails where the file does not reach to `end`, as it did when it was opened.
    pub fn check_reaches(&self, end: u64) -> Result<()> {
        let now = self.file.metadata().map_err(Error::io("read", &self.path))?.len();
        if now < end { Err(self.has_become_shorter()) } else { Ok(()) }
    }

    fn has_become_shorter(&self) -> Error {
        let now = self.file.metadata().map_or(0, |metadata| metadata.len());
        Error::Truncated { place: self.place(), expected: self.len, actual: now }
    }

    /// The `len` bytes from `offset` on, which the caller has proven to lie inside the file.
    pub fn read_vec(&self, offset: u64, len: u64, what: &'static str) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        resize(&mut bytes, len, what)?;
        self.read_exact_at(&mut bytes, offset)?;
        Ok(bytes)
    }
}

fn not_a_file(kind: &fs::Metadata) -> io::Error {
    if kind.is_dir() {
        io::Error::new(io::ErrorKind::IsADirectory, "it is a folder, a file is needed")
    } else {
        io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file")
    }
}

/// Fills `buffer` from byte `offset` of `file` on, whatever the file's own position is.
#[cfg(unix)]
pub(crate) fn read_exact_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, buffer, offset)
}

/// Fills `buffer` from byte `offset` of `file` on.
#[cfg(windows)]
pub(crate) fn read_exact_at(file: &File, mut buffer: &mut [u8], mut offset: u64) -> io::Result<()> {
    while !buffer.is_empty() {
        match std::os::windows::fs::FileExt::seek_read(file, buffer, offset) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => {
                buffer = &mut buffer[count..];
                offset += count as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
