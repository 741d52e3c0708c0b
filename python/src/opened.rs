//! Tensors that are open: of a file or a folder, or of an archive in memory.

use crate::embedded::Embedded;
use crate::memory::Bytes;
use crate::metadata::{Strings, metadata_of};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::{Bound, Range};
use std::path::{Path, PathBuf};
use wcodec::container::{Limits, TensorInfo};
use wcodec::convert::Bases;
use wcodec::{Archive, BlobSource, Decoder, Model, ModelTensor, Result};

/// A model on disk, or an archive in memory or wherever else it is read from.
#[derive(Debug)]
pub enum Opened {
    Model {
        model: Box<Model>,
        /// Those of its safetensors files that hold archives.
        embedded: Vec<Embedded>,
        /// What tensors of its archives may be coded against.
        bases: Bases,
    },
    Archive(Box<Archive>),
}

/// A tensor as Python gets to know it: name, dtype, shape, bytes, the number of its file, and whether that is an archive.
pub type Info = (String, &'static str, Vec<u64>, u64, usize, bool);

/// A tensor, or rows of it, and the memory that it is decoded to.
#[derive(Debug)]
pub struct Job {
    pub name: String,
    pub rows: Option<Range<u64>>,
    /// Of those, indices of the last dimension; all where `None`.
    pub columns: Option<Range<u64>>,
    pub out: Bytes,
}

impl Opened {
    /// Opens a file, or a folder of them, and the files and folders that its tensors may be coded against.
    pub fn open(path: PathBuf, bases: &[PathBuf]) -> Result<Self> {
        let model = Box::new(Model::open(path)?);
        let archives: BTreeSet<&Path> = model.archives().map(Archive::path).collect();
        let others = model.files().filter(|file| !archives.contains(file));
        let embedded = others.filter_map(|file| Embedded::open(file).transpose());
        let embedded = embedded.collect::<Result<_>>()?;
        let bases = Bases::open(bases, Limits::default())?;
        Ok(Self::Model { model, embedded, bases })
    }

    pub fn path(&self) -> &Path {
        match self {
            Self::Model { model, .. } => model.path(),
            Self::Archive(archive) => archive.path(),
        }
    }

    /// All tensors, in the order of the files and that of the tensors in each.
    pub fn tensors(&self) -> Vec<Info> {
        let (model, embedded, bases) = match self {
            Self::Model { model, embedded, bases } => (model, embedded, bases),
            Self::Archive(archive) => {
                return archive.tensors().iter().map(|tensor| info(tensor, 0)).collect();
            }
        };
        let archives: BTreeSet<&Path> = model.archives().map(Archive::path).collect();
        let files: BTreeMap<&Path, usize> =
            model.files().enumerate().map(|(number, file)| (file, number)).collect();
        let tensors = model.tensors().map(|tensor| {
            let file = files[tensor.file()];
            if let Some(archive) = find(embedded, tensor.name()) {
                return info(&archive.tensors()[0], file);
            }
            let (dtype, shape) = (tensor.dtype().name(), tensor.shape().to_vec());
            // With a base the CPU makes it, as it reads what is not compressed.
            let is_compressed =
                archives.contains(tensor.file()) && against(bases, &tensor).is_none();
            (tensor.name().to_owned(), dtype, shape, tensor.byte_len(), file, is_compressed)
        });
        tensors.collect()
    }

    /// The files, each as it was opened.
    pub fn files(&self) -> Vec<PathBuf> {
        match self {
            Self::Model { model, .. } => model.files().map(Path::to_path_buf).collect(),
            Self::Archive(_) => Vec::new(),
        }
    }

    /// The archive that the tensor of this name lies in, if it lies in one.
    pub fn archive_of(&self, name: &str) -> Result<Option<&Archive>> {
        match self {
            Self::Archive(archive) => Ok(Some(archive)),
            Self::Model { model, embedded, .. } => match find(embedded, name) {
                Some(archive) => Ok(Some(archive)),
                None => Ok(model.tensor(name)?.archive()),
            },
        }
    }

    /// Bytes that were read of files so far.
    pub fn bytes_read(&self) -> u64 {
        match self {
            Self::Archive(archive) => archive.bytes_read(),
            Self::Model { model, embedded, .. } => {
                model.bytes_read() + embedded.iter().map(Embedded::bytes_read).sum::<u64>()
            }
        }
    }

    /// What a GPU can load from.
    pub fn blob_sources(&self) -> Vec<&dyn BlobSource> {
        match self {
            Self::Model { model, embedded, .. } => {
                let archives = model.archives().map(|archive| archive as &dyn BlobSource);
                archives.chain(embedded.iter().map(|file| file as _)).collect()
            }
            Self::Archive(archive) => vec![&**archive],
        }
    }

    /// Where the blobs of these tensors begin and end in an archive; none of a model.
    pub fn blob_ranges(&self, names: &[String]) -> Result<Vec<(u64, u64)>> {
        let Self::Archive(archive) = self else { return Ok(Vec::new()) };
        let range = |name: &String| {
            let tensor = archive.tensor(name)?;
            Ok((tensor.blob_offset(), tensor.blob_offset() + tensor.blob_len()))
        };
        names.iter().map(range).collect()
    }

    /// What is strange about a model, but no error.
    pub fn warnings(&self) -> Vec<String> {
        match self {
            Self::Model { model, .. } => model.warnings().iter().map(ToString::to_string).collect(),
            Self::Archive(_) => Vec::new(),
        }
    }

    /// The strings that the files carry along, if any has some; of those with one name the first file's.
    pub fn metadata(&self) -> Result<Option<Strings>> {
        match self {
            Self::Model { model, .. } => metadata_of(model),
            Self::Archive(archive) => {
                Ok(archive.metadata().map(|strings| strings.iter().map(own).collect()))
            }
        }
    }

    /// Decodes a tensor, or a part of it, and checks all that can be.
    pub fn decode(&self, job: &Job, decoder: &Decoder) -> Result<()> {
        let (model, embedded, bases) = match self {
            Self::Archive(archive) => return decode_from(archive, job, decoder),
            Self::Model { model, embedded, bases } => (model, embedded, bases),
        };
        if let Some(archive) = find(embedded, &job.name) {
            return decode_from(archive, job, decoder);
        }
        let (tensor, out) = (model.tensor(&job.name)?, job.out.into_slice());
        if let Some(archive) = against(bases, &tensor) {
            let (rows, columns) = (job.bounds(), job.columns.clone());
            return bases.decode_part_to(archive, &job.name, rows, columns, decoder, out);
        }
        match (job.bounds(), &job.columns) {
            (rows, Some(columns)) => tensor.decode_columns_to(rows, columns.clone(), decoder, out),
            (rows, None) => tensor.decode_to(rows, decoder, out),
        }
    }
}

impl Job {
    /// The rows as bounds.
    fn bounds(&self) -> (Bound<u64>, Bound<u64>) {
        match &self.rows {
            Some(rows) => (Bound::Included(rows.start), Bound::Excluded(rows.end)),
            None => (Bound::Unbounded, Bound::Unbounded),
        }
    }
}

/// The archive of a tensor that is coded against another, where bases were given for it.
fn against<'a>(bases: &Bases, tensor: &ModelTensor<'a>) -> Option<&'a Archive> {
    let archive = tensor.archive().filter(|_| bases.files().len() > 0)?;
    archive.tensor(tensor.name()).ok()?.reference().map(|_| archive)
}

/// The archive of the tensor of this name, where it is one of those.
fn find<'a>(embedded: &'a [Embedded], name: &str) -> Option<&'a Archive> {
    embedded.iter().find_map(|file| file.find(name))
}

fn decode_from(archive: &Archive, job: &Job, decoder: &Decoder) -> Result<()> {
    let (name, out) = (&job.name, job.out.into_slice());
    if let Some(columns) = &job.columns {
        return archive.decode_columns_to(name, job.bounds(), columns.clone(), decoder, out);
    }
    if job.rows.is_none() {
        return archive.decode_to(name, decoder, out);
    }
    let reader = archive.reader(name)?;
    reader.check()?;
    reader.decode_to(job.bounds(), decoder, out)
}

/// A tensor of an archive, which is, or is in, the file of this number.
fn info(tensor: &TensorInfo, file: usize) -> Info {
    let (dtype, shape) = (tensor.dtype().name(), tensor.shape().to_vec());
    (tensor.name().to_owned(), dtype, shape, tensor.byte_len(), file, true)
}

/// A name and its string, as values of their own.
pub fn own((name, value): (&str, &str)) -> (String, String) {
    (name.to_owned(), value.to_owned())
}
