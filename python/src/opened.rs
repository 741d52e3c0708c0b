//! Tensors that are open: of a file or a folder, or of an archive in memory.

use crate::memory::Bytes;
use crate::metadata::{Strings, metadata_of};
use std::ops::Range;
use std::path::{Path, PathBuf};
use wcodec::{Archive, Decoder, Dtype, Model, Result};

/// A model on disk, or an archive in memory.
#[derive(Debug)]
pub enum Opened {
    Model(Box<Model>),
    Archive(Box<Archive>),
}

/// A tensor as Python gets to know it: name, dtype, shape, bytes and the number of its file.
pub type Info = (String, &'static str, Vec<u64>, u64, usize);

/// A tensor, or rows of it, and the memory that it is decoded to.
#[derive(Debug)]
pub struct Job {
    pub name: String,
    pub rows: Option<Range<u64>>,
    pub out: Bytes,
}

impl Opened {
    pub fn path(&self) -> &Path {
        match self {
            Self::Model(model) => model.path(),
            Self::Archive(archive) => archive.path(),
        }
    }

    /// All tensors, in the order of the files and that of the tensors in each.
    pub fn tensors(&self) -> Vec<Info> {
        match self {
            Self::Model(model) => {
                let files: Vec<&Path> = model.files().collect();
                let number = |file| files.iter().position(|&one| one == file).unwrap_or(0);
                let tensors = model.tensors().map(|tensor| {
                    let (dtype, shape) = (tensor.dtype(), tensor.shape().to_vec());
                    info(tensor.name(), dtype, shape, tensor.byte_len(), number(tensor.file()))
                });
                tensors.collect()
            }
            Self::Archive(archive) => {
                let tensors = archive.tensors().iter().map(|tensor| {
                    let (dtype, shape) = (tensor.dtype(), tensor.shape().to_vec());
                    info(tensor.name(), dtype, shape, tensor.byte_len(), 0)
                });
                tensors.collect()
            }
        }
    }

    /// The files, each as it was opened.
    pub fn files(&self) -> Vec<PathBuf> {
        match self {
            Self::Model(model) => model.files().map(Path::to_path_buf).collect(),
            Self::Archive(_) => Vec::new(),
        }
    }

    /// What is strange about a model, but no error.
    pub fn warnings(&self) -> Vec<String> {
        match self {
            Self::Model(model) => model.warnings().iter().map(ToString::to_string).collect(),
            Self::Archive(_) => Vec::new(),
        }
    }

    /// The strings that the files carry along, if any has some; of those with one name the first file's.
    pub fn metadata(&self) -> Result<Option<Strings>> {
        match self {
            Self::Model(model) => metadata_of(model),
            Self::Archive(archive) => {
                Ok(archive.metadata().map(|strings| strings.iter().map(own).collect()))
            }
        }
    }

    /// Decodes a tensor, or rows of it, and checks all that can be.
    pub fn decode(&self, Job { name, rows, out }: &Job, decoder: &Decoder) -> Result<()> {
        let out = out.into_slice();
        match (self, rows) {
            (Self::Model(model), None) => model.tensor(name)?.decode_to(.., decoder, out),
            (Self::Model(model), Some(rows)) => {
                model.tensor(name)?.decode_to(rows.clone(), decoder, out)
            }
            (Self::Archive(archive), None) => archive.decode_to(name, decoder, out),
            (Self::Archive(archive), Some(rows)) => {
                let reader = archive.reader(name)?;
                reader.check()?;
                reader.decode_to(rows.clone(), decoder, out)
            }
        }
    }
}

fn info(name: &str, dtype: Dtype, shape: Vec<u64>, bytes: u64, file: usize) -> Info {
    (name.to_owned(), dtype.name(), shape, bytes, file)
}

/// A name and its string, as values of their own.
pub fn own((name, value): (&str, &str)) -> (String, String) {
    (name.to_owned(), value.to_owned())
}
