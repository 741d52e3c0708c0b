//! Bases: files that were there before, against whose tensors others are coded.

mod chain;
mod file;
mod matching;
#[cfg(feature = "gpu")]
mod on_gpu;
mod part;
mod rows;
mod sought;

pub(crate) use matching::Match;
pub(super) use matching::Matches;

use super::{Contents, checkpoints_in};
use crate::container::{Archive, Limits, TensorInfo, TensorReference};
use crate::{Decoder, Error, Result};
use file::BaseFile;
use std::path::Path;

/// Files of tensors that others are coded against: safetensors files, archives, and folders of both.
/// An archive may be coded against another one itself, which is then among them too.
///
/// Their tensors are found by hash and length, whatever they are called. Those of archives are known
/// by their headers; those of safetensors files are hashed when one of their length is looked for.
#[derive(Debug, Default)]
pub struct Bases {
    files: Vec<BaseFile>,
    limits: Limits,
}

/// A tensor of a base.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BaseTensor {
    file: usize,
    number: usize,
}

impl Bases {
    /// No base yet; archives keep to these limits.
    pub fn new(limits: Limits) -> Self {
        Self { files: Vec::new(), limits }
    }

    /// Opens these files and folders.
    ///
    /// # Errors
    /// As [`Bases::add`].
    pub fn open<P: AsRef<Path>>(
        paths: impl IntoIterator<Item = P>,
        limits: Limits,
    ) -> Result<Self> {
        let mut bases = Self::new(limits);
        for path in paths {
            bases.add(path)?;
        }
        Ok(bases)
    }

    /// Adds a file, or all safetensors files and archives of a folder and those below it.
    ///
    /// # Errors
    /// As [`Archive::open`] and [`crate::SafetensorsFile::open`]; [`Error::WrongFormat`] where a file is
    /// neither; [`Error::InvalidArgument`] where a folder holds none.
    pub fn add(&mut self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        if !path.is_dir() {
            self.files.push(BaseFile::open(path, Contents::of(path)?, &self.limits)?);
            return Ok(());
        }
        for (path, contents) in checkpoints_in(path)? {
            self.files.push(BaseFile::open(&path, contents, &self.limits)?);
        }
        Ok(())
    }

    /// The files, each as it was opened.
    pub fn files(&self) -> impl ExactSizeIterator<Item = &Path> {
        self.files.iter().map(BaseFile::path)
    }

    /// Checks that every tensor which an archive is coded against is there, and what it is coded
    /// against itself; no tensor is decoded.
    ///
    /// # Errors
    /// [`Error::BaseNeeded`] naming the first that is not; [`Error::LimitExceeded`] where more of them
    /// follow each other than [`Limits::bases`]; [`Error::Io`].
    pub fn check(&self, archive: &Archive) -> Result<()> {
        for tensor in archive.tensors() {
            if let Some(reference) = tensor.reference() {
                self.chain(reference, tensor.name(), &|reason| {
                    tensor.needs_base(archive.place(tensor), reason)
                })?;
            }
        }
        Ok(())
    }

    /// Decodes a tensor of an archive that is coded against one of these.
    ///
    /// # Errors
    /// As [`Bases::check`] and [`Archive::decode_against`].
    pub fn decode(&self, archive: &Archive, name: &str, decoder: &Decoder) -> Result<Vec<u8>> {
        let number = archive.number_of(name)?;
        self.decode_number(archive, number, decoder)
    }

    pub(super) fn decode_number(
        &self,
        archive: &Archive,
        number: usize,
        decoder: &Decoder,
    ) -> Result<Vec<u8>> {
        let tensor = &archive.tensors()[number];
        let Some(reference) = tensor.reference() else {
            return archive.decode_tensor(tensor.name(), decoder);
        };
        let missing = |reason| tensor.needs_base(archive.place(tensor), reason);
        let reference = self.read(reference, tensor.name(), decoder, &missing)?;
        archive.decode_with(number, reference, decoder)
    }

    /// The tensor with these bytes; those of this name, which is the likeliest, are looked at first.
    fn find(&self, wanted: TensorReference, name: &str) -> Result<Option<BaseTensor>> {
        for (file, base) in self.files.iter().enumerate() {
            if let Some(number) = base.find_named(wanted, name)? {
                return Ok(Some(BaseTensor { file, number }));
            }
        }
        for (file, base) in self.files.iter().enumerate() {
            if let Some(number) = base.find(wanted)? {
                return Ok(Some(BaseTensor { file, number }));
            }
        }
        Ok(None)
    }

    fn file(&self, tensor: BaseTensor) -> &BaseFile {
        &self.files[tensor.file]
    }
}

/// Checks that what an archive needs of bases is there.
///
/// # Errors
/// As [`Bases::check`]; [`Error::BaseNeeded`] where there are none.
pub(super) fn check(bases: Option<&Bases>, archive: &Archive) -> Result<()> {
    if let Some(bases) = bases {
        return bases.check(archive);
    }
    let first = archive.tensors().iter().find(|tensor| tensor.reference().is_some());
    match first {
        None => Ok(()),
        Some(tensor) => Err(no_base(archive, tensor)),
    }
}

/// The error of a tensor that is coded against one of a base where none was given.
pub(super) fn no_base(archive: &Archive, tensor: &TensorInfo) -> Error {
    tensor.needs_base(archive.place(tensor), "no base was given")
}
