//! One file of a model.

use crate::container::{Limits, Metadata, TensorSpec};
use crate::convert::Contents;
use crate::{Archive, Error, Result, SafetensorsFile};
use std::path::Path;

/// An open file of tensors.
#[derive(Debug)]
pub enum Shard {
    Archive(Box<Archive>),
    Safetensors(Box<SafetensorsFile>),
}

impl Shard {
    /// Opens a file by what is in it.
    pub fn open(path: &Path, limits: &Limits) -> Result<Self> {
        match Contents::of(path)? {
            Contents::Archive => Self::of_archive(Archive::open_with(path, limits)?),
            Contents::Safetensors => Ok(Self::Safetensors(Box::new(SafetensorsFile::open(path)?))),
            Contents::Other => Err(Error::WrongFormat {
                path: path.to_path_buf(),
                expected: "safetensors or .wcodec file",
                reason: "it begins like neither".to_owned(),
            }),
        }
    }

    /// An archive of tensors.
    pub fn of_archive(archive: Archive) -> Result<Self> {
        if !archive.is_file_as_is() {
            return Ok(Self::Archive(Box::new(archive)));
        }
        let reason = "it carries a file as it is, whose tensors are not known: decompress it";
        let (path, reason) = (archive.path().to_path_buf(), reason.to_owned());
        Err(Error::WrongFormat { path, expected: "file of tensors", reason })
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        match self {
            Self::Archive(archive) => archive.path(),
            Self::Safetensors(file) => file.path(),
        }
    }

    /// Bytes that were read of it so far.
    pub fn bytes_read(&self) -> u64 {
        match self {
            Self::Archive(archive) => archive.bytes_read(),
            Self::Safetensors(file) => file.bytes_read(),
        }
    }

    /// The archive, if it is one.
    pub fn archive(&self) -> Option<&Archive> {
        match self {
            Self::Archive(archive) => Some(archive),
            Self::Safetensors(_) => None,
        }
    }

    /// The strings that it carries along.
    pub fn metadata(&self) -> Option<&Metadata> {
        match self {
            Self::Archive(archive) => archive.metadata(),
            Self::Safetensors(file) => file.manifest().metadata.as_ref(),
        }
    }

    /// How many tensors it has.
    pub fn count(&self) -> usize {
        match self {
            Self::Archive(archive) => archive.tensors().len(),
            Self::Safetensors(file) => file.manifest().tensors.len(),
        }
    }

    /// The tensor of a number below the count.
    pub fn spec(&self, number: usize) -> &TensorSpec {
        match self {
            Self::Archive(archive) => archive.tensors()[number].spec(),
            Self::Safetensors(file) => &file.manifest().tensors[number],
        }
    }

    /// The name of that tensor.
    pub fn name(&self, number: usize) -> &str {
        &self.spec(number).name
    }
}
