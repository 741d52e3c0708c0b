//! Reads a safetensors file tensor by tensor.

use super::{LENGTH_LEN, MAX_HEADER_LEN, SafetensorsHeader};
use crate::attributes::Attributes;
use crate::file_identity::FileIdentity;
use crate::manifest::{Manifest, TensorSpec};
use crate::memory::{reserve, resize};
use crate::other_format::{START_LEN, looks_like};
use crate::positioned_file::PositionedFile;
use crate::{Error, Result};
use std::path::Path;
use std::sync::Arc;

/// An open safetensors file whose header has been checked; tensors are read when asked for.
#[derive(Debug)]
pub struct SafetensorsFile {
    file: PositionedFile,
    manifest: Arc<Manifest>,
    /// Byte offset of each tensor in the file, and of the end.
    offsets: Vec<u64>,
}

impl SafetensorsFile {
    /// Opens a file and checks its header: no repeated names, no holes, no overlaps, nothing after
    /// the end.
    ///
    /// # Errors
    /// [`Error::WrongFormat`], [`Error::Truncated`], [`Error::TrailingData`] or
    /// [`Error::LimitExceeded`] where the file is at fault, [`Error::Io`] where it cannot be read.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let file = PositionedFile::open(path.as_ref())?;
        let text = read_header(&file)?;
        let header = SafetensorsHeader::parse(&text).map_err(|fault| {
            let unsound = |reason| format!("its header is not sound: {reason}");
            fault.into_error(|reason| wrong_format(&file, unsound(reason)))
        })?;
        let start = LENGTH_LEN + text.len() as u64;
        check_length(&file, start.checked_add(header.data_len))?;
        let offsets = offsets(&file, start, &header.tensors)?;
        let manifest = Arc::new(Manifest {
            tensors: header.tensors,
            metadata: header.metadata,
            safetensors_header: Some(text),
            ..Manifest::default()
        });
        Ok(Self::new(file, manifest, offsets))
    }

    pub(super) fn new(file: PositionedFile, manifest: Arc<Manifest>, offsets: Vec<u64>) -> Self {
        Self { file, manifest, offsets }
    }

    /// The file's path, as it was given.
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// The file's length in bytes.
    pub fn file_len(&self) -> u64 {
        self.file.len()
    }

    /// Bytes that were read of it so far, each as often as it was.
    pub fn bytes_read(&self) -> u64 {
        self.file.bytes_read()
    }

    /// Bytes of all tensors together.
    pub fn data_len(&self) -> u64 {
        self.offsets[self.offsets.len() - 1] - self.offsets[0]
    }

    /// The tensors in the order of their data, the metadata and the header to the byte.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The manifest, shared with the writer of an archive.
    pub(crate) fn shared_manifest(&self) -> Arc<Manifest> {
        Arc::clone(&self.manifest)
    }

    /// Reads tensor `index` of the manifest into `data`, which becomes as long as the tensor.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] where there is no such tensor, [`Error::Io`],
    /// [`Error::OutOfMemory`].
    pub fn read_tensor(&self, index: usize, data: &mut Vec<u8>) -> Result<()> {
        let (Some(start), Some(end)) = (self.offsets.get(index), self.offsets.get(index + 1))
        else {
            let path = self.path().display();
            return Err(Error::InvalidArgument(format!("{path} has no tensor number {index}")));
        };
        resize(data, end - start, "a tensor")?;
        self.file.read_exact_at(data, *start)
    }

    /// Bytes of tensor `index` of the manifest, which there is.
    pub(crate) fn tensor_len(&self, index: usize) -> u64 {
        self.offsets[index + 1] - self.offsets[index]
    }

    /// Byte offset in the file of tensor `index` of the manifest, which there is.
    pub(crate) fn tensor_offset(&self, index: usize) -> u64 {
        self.offsets[index]
    }

    /// The open file alone.
    pub(crate) fn into_file(self) -> PositionedFile {
        self.file
    }

    /// Fills `out` from byte `start` of tensor `index` on; both are inside the tensor.
    pub(crate) fn read_part(&self, index: usize, start: u64, out: &mut [u8]) -> Result<()> {
        self.file.read_exact_at(out, self.offsets[index] + start)
    }

    /// Fails where the file has changed since it was opened, its path leads to another file, or the
    /// header reads otherwise now.
    pub(crate) fn check_unchanged(&self) -> Result<()> {
        self.file.check_unchanged()?;
        let Some(header) = self.manifest.safetensors_header.as_deref() else { return Ok(()) };
        let same = self.file.has_at(&(header.len() as u64).to_le_bytes(), 0)
            && self.file.has_at(header.as_bytes(), LENGTH_LEN);
        if same { Ok(()) } else { Err(self.file.changed()) }
    }

    /// The file as it was when it was opened.
    pub(crate) fn identity(&self) -> FileIdentity {
        self.file.identity()
    }

    pub(crate) fn attributes(&self) -> &Attributes {
        self.file.attributes()
    }
}

fn read_header(file: &PositionedFile) -> Result<String> {
    let mut length = [0; LENGTH_LEN as usize];
    if file.len() < LENGTH_LEN {
        return Err(wrong_format(file, format!("it has only {} bytes", file.len())));
    }
    file.read_exact_at(&mut length, 0)?;
    let length = u64::from_le_bytes(length);
    if length == 0 || length > MAX_HEADER_LEN || length > file.len() - LENGTH_LEN {
        return Err(no_header(file, length)?);
    }
    let bytes = file.read_vec(LENGTH_LEN, length, "the header")?;
    String::from_utf8(bytes).map_err(|_| wrong_format(file, "its header is not UTF-8".to_owned()))
}

/// Returns whether a file of `file_len` bytes that begins with `start`, of at least 10 bytes, may
/// be a safetensors file: it starts with the length of a header that fits, and the beginning of a
/// JSON object.
pub(crate) fn begins_like_safetensors(start: &[u8], file_len: u64) -> bool {
    let (length, header) = start.split_at(LENGTH_LEN as usize);
    let length = length.try_into().map_or(0, u64::from_le_bytes);
    let fits = length >= 2 && length <= MAX_HEADER_LEN.min(file_len.saturating_sub(LENGTH_LEN));
    let object = matches!(header, [b'{', b'"' | b'}' | b' ' | b'\n' | b'\r' | b'\t', ..]);
    fits && object
}

/// The error for a file without a header of the length that it begins with: it is cut short, or
/// never was a safetensors file.
fn no_header(file: &PositionedFile, length: u64) -> Result<Error> {
    let start = file.read_vec(0, file.len().min(START_LEN), "the start of a file")?;
    let header = &start[LENGTH_LEN as usize..];
    if (1..=MAX_HEADER_LEN).contains(&length) && header.starts_with(b"{") {
        return Ok(Error::wrong_length(file.place(), LENGTH_LEN + length, file.len()));
    }
    let reason = match looks_like(&start) {
        Some(what) => format!("it is {what}"),
        None if length > MAX_HEADER_LEN => {
            format!(
                "it does not begin with the length of a header, of {MAX_HEADER_LEN} bytes at most"
            )
        }
        None => {
            format!("its first bytes would mean a header of {length} bytes, it has {}", file.len())
        }
    };
    Ok(wrong_format(file, reason))
}

fn check_length(file: &PositionedFile, expected: Option<u64>) -> Result<()> {
    match expected {
        Some(expected) if expected == file.len() => Ok(()),
        Some(expected) => Err(Error::wrong_length(file.place(), expected, file.len())),
        None => Err(wrong_format(file, "its tensors overflow 64 bits".to_owned())),
    }
}

/// The offset of each tensor in the file, and of the end: the running sum of lengths, which the
/// parsed header has proven right.
fn offsets(file: &PositionedFile, start: u64, tensors: &[TensorSpec]) -> Result<Vec<u64>> {
    let mut offsets = reserve(tensors.len() as u64 + 1, "the places of tensors")?;
    offsets.push(start);
    let mut end = start;
    for tensor in tensors {
        let next = tensor.byte_len().ok().and_then(|len| end.checked_add(len));
        end = next.ok_or_else(|| {
            wrong_format(file, format!("the size of tensor {:?} overflows", tensor.name))
        })?;
        offsets.push(end);
    }
    Ok(offsets)
}

fn wrong_format(file: &PositionedFile, reason: String) -> Error {
    Error::WrongFormat { path: file.path().to_path_buf(), expected: "safetensors file", reason }
}
