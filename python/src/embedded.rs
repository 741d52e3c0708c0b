//! Safetensors files that hold archives (FORMAT.md section 9), read.

use crate::embedded_archive::Part;
use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use wcodec::container::TensorSpec;
use wcodec::{Archive, BlobInfo, BlobSource, Decoder, Error, Result, SafetensorsFile};

/// The version that is written and read.
pub const VERSION: &str = "1";
/// The names of the strings that are there for archives.
pub const VERSION_NAME: &str = "wcodec";
pub const KINDS_NAME: &str = "wcodec.archives";
pub const HEADER_NAME: &str = "wcodec.header";
/// The characters of [`KINDS_NAME`]: a tensor is an archive, or stands as it was.
pub const ARCHIVE: char = '1';
pub const AS_IT_WAS: char = '0';

/// A safetensors file that holds archives.
#[derive(Debug)]
pub struct Embedded {
    file: SafetensorsFile,
    archives: Vec<Archive>,
    /// Of each tensor of the file the number of its archive, if it is one.
    numbers: Vec<Option<usize>>,
    by_name: BTreeMap<String, usize>,
    /// Bytes that were read of archives.
    taken: Arc<AtomicU64>,
}

impl Embedded {
    /// Opens a safetensors file; `None` where it does not say that it holds archives.
    pub fn open(path: &Path) -> Result<Option<Self>> {
        let file = SafetensorsFile::open(path)?;
        let Some(kinds) = kinds(&file)? else { return Ok(None) };
        let failed = |source| Error::Io { action: "read", path: path.to_path_buf(), source };
        let raw = Arc::new(File::open(path).map_err(failed)?);
        let taken = Arc::new(AtomicU64::new(0));
        let header = file.manifest().safetensors_header.as_deref().unwrap_or_default();
        let mut start = 8 + header.len() as u64;
        let (mut archives, mut numbers, mut by_name) = (Vec::new(), Vec::new(), BTreeMap::new());
        for (spec, is_archive) in file.manifest().tensors.iter().zip(kinds) {
            let len = spec.byte_len()?;
            numbers.push(is_archive.then_some(archives.len()));
            if is_archive {
                by_name.insert(spec.name.clone(), archives.len());
                let (file, taken) = (Arc::clone(&raw), Arc::clone(&taken));
                archives.push(Part { file, start, len, taken }.open(spec, path)?);
            }
            start += len;
        }
        Ok(Some(Self { file, archives, numbers, by_name, taken }))
    }

    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// Bytes that were read of it so far.
    pub fn bytes_read(&self) -> u64 {
        self.file.bytes_read() + self.taken.load(Ordering::Relaxed)
    }

    /// The archive that the tensor of this name is, if it is one.
    pub fn find(&self, name: &str) -> Option<&Archive> {
        self.by_name.get(name).map(|&number| &self.archives[number])
    }

    /// The number of tensors.
    pub fn count(&self) -> usize {
        self.numbers.len()
    }

    /// The tensor of a number below the count, as the source had it.
    pub fn spec(&self, number: usize) -> &TensorSpec {
        match self.numbers[number] {
            Some(archive) => self.archives[archive].tensors()[0].spec(),
            None => &self.file.manifest().tensors[number],
        }
    }

    /// The tensor's bytes, as the source had them.
    pub fn decode(&self, number: usize, decoder: &Decoder, bytes: &mut Vec<u8>) -> Result<()> {
        match self.numbers[number] {
            Some(archive) => {
                let archive = &self.archives[archive];
                *bytes = archive.decode_tensor(archive.tensors()[0].name(), decoder)?;
                Ok(())
            }
            None => self.file.read_tensor(number, bytes),
        }
    }

    /// The source's header, to the byte.
    pub fn source_header(&self) -> Result<&str> {
        let metadata = self.file.manifest().metadata.as_ref();
        let header = metadata.and_then(|strings| strings.get(HEADER_NAME));
        let lacks = || corrupt(self.path().display(), "it lacks the header of its source");
        header.ok_or_else(lacks)
    }
}

/// Whether a string of a file's metadata is there for its archives.
pub fn is_own(name: &str) -> bool {
    [VERSION_NAME, KINDS_NAME, HEADER_NAME].contains(&name)
}

/// Of each tensor of a file whether it is an archive; `None` where the file does not say so.
fn kinds(file: &SafetensorsFile) -> Result<Option<Vec<bool>>> {
    let metadata = file.manifest().metadata.as_ref();
    let get = |name| metadata.and_then(|strings| strings.get(name));
    let Some(version) = get(VERSION_NAME) else { return Ok(None) };
    if version != VERSION {
        let reason = format!("it holds archives in version {version:?}: use a newer wcodec");
        return Err(corrupt(file.path().display(), reason));
    }
    let kinds = get(KINDS_NAME).unwrap_or_default();
    let is_known = kinds.chars().all(|kind| kind == ARCHIVE || kind == AS_IT_WAS);
    if !is_known || kinds.len() != file.manifest().tensors.len() {
        let reason = "it does not tell of each tensor whether it is an archive";
        return Err(corrupt(file.path().display(), reason));
    }
    Ok(Some(kinds.chars().map(|kind| kind == ARCHIVE).collect()))
}

/// The error for a file, or a part of one, that breaks a rule.
pub fn corrupt(place: impl ToString, reason: impl ToString) -> Error {
    Error::Corrupt { place: place.to_string(), reason: reason.to_string() }
}

/// The archives as one source of blobs, each with the one blob that it has.
impl BlobSource for Embedded {
    fn blob_count(&self) -> usize {
        self.archives.len()
    }

    fn blob_info(&self, number: usize) -> BlobInfo {
        let mut info = self.archives[number].blob_info(0);
        info.blob = number as u64;
        info
    }

    fn find_blob(&self, name: &str) -> Result<usize> {
        let absent =
            || Error::NoSuchTensor { path: self.path().to_path_buf(), name: name.to_owned() };
        self.by_name.get(name).copied().ok_or_else(absent)
    }

    fn read_blob_at(&self, number: usize, offset: u64, bytes: &mut [u8]) -> Result<()> {
        self.archives[number].read_blob_at(0, offset, bytes)
    }

    fn blob_place(&self, number: usize) -> String {
        self.archives[number].blob_place(0)
    }
}
