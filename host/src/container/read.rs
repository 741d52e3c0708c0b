//! Opens an archive and finds its tensors.

mod blobs;
mod file;

use super::front::Front;
use super::resolve::resolve;
use super::storage::Storage;
use super::{Limits, Metadata, TensorInfo};
use crate::memory::reserve;
use crate::{Error, ReadAt, Result};
use std::path::Path;
use std::sync::atomic::AtomicBool;

/// An open .wcodec file whose header has been checked from end to end; it may lie in memory, or
/// wherever a [`ReadAt`] gets it from.
///
/// Blobs are read when they are asked for, at their positions, so one archive serves many threads.
#[derive(Debug)]
pub struct Archive {
    storage: Storage<'static>,
    /// The other files that tensors lie in.
    others: Vec<Storage<'static>>,
    front: Front,
    /// For each blob whether its checksum was compared and found right.
    checked: Vec<AtomicBool>,
}

impl Archive {
    /// Opens an archive that is read at positions, with the default [`Limits`].
    ///
    /// # Errors
    /// [`Error::WrongFormat`], [`Error::UnsupportedVersion`], [`Error::Truncated`],
    /// [`Error::TrailingData`], [`Error::Corrupt`] or [`Error::LimitExceeded`] where the file is at
    /// fault, [`Error::Io`] where it cannot be read.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        Self::open_with(path, &Limits::default())
    }

    /// Opens an archive that is read at positions, and that keeps to these limits.
    ///
    /// # Errors
    /// As [`Archive::open`].
    pub fn open_with(path: impl AsRef<Path>, limits: &Limits) -> Result<Self> {
        Self::parse(Storage::open(path.as_ref())?, limits)
    }

    /// Opens an archive that is mapped into memory, which saves copying the blobs; with the default
    /// [`Limits`].
    ///
    /// # Errors
    /// As [`Archive::open`].
    ///
    /// # Safety
    /// No program may change or truncate the file while the archive is open: bytes that were proven
    /// would change unnoticed, and reading beyond a new end kills the process with SIGBUS. Before
    /// each blob the file's length is checked again, so that a file truncated before is an
    /// [`Error::Truncated`]; a truncation while a blob is being decoded is not noticed.
    /// [`Archive::open`] has no such duty and costs one copy of the compressed bytes.
    #[allow(unsafe_code)]
    pub unsafe fn open_mapped(path: impl AsRef<Path>) -> Result<Self> {
        // SAFETY: the duty is passed on to the caller, word for word.
        Self::parse(unsafe { Storage::open_mapped(path.as_ref()) }?, &Limits::default())
    }

    /// Opens an archive that lies in memory, owned or shared (`Vec<u8>`, `Arc<[u8]>`,
    /// `&'static [u8]`), with the default [`Limits`]. Its blobs are not copied.
    ///
    /// # Errors
    /// As [`Archive::open`].
    ///
    /// ```
    /// use wcodec::{Archive, Decoder, DeviceChoice, Dtype, TensorView, compress};
    ///
    /// # fn main() -> wcodec::Result<()> {
    /// let bytes = compress(&TensorView::new(Dtype::U8, &[3], &[7, 8, 9])?)?;
    /// let archive = Archive::from_bytes(bytes)?;
    /// let decoder = Decoder::open(DeviceChoice::Cpu)?;
    /// assert_eq!(archive.decode_tensor(archive.tensors()[0].name(), &decoder)?, [7, 8, 9]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn from_bytes(bytes: impl AsRef<[u8]> + Send + Sync + 'static) -> Result<Self> {
        Self::from_bytes_with(bytes, &Limits::default())
    }

    /// As [`Archive::from_bytes`], with these limits.
    ///
    /// # Errors
    /// As [`Archive::open`].
    pub fn from_bytes_with(
        bytes: impl AsRef<[u8]> + Send + Sync + 'static,
        limits: &Limits,
    ) -> Result<Self> {
        Self::parse(Storage::in_memory(bytes), limits)
    }

    /// Opens an archive that a reader gets, with the default [`Limits`]. Bytes are asked for when
    /// they are needed, by several threads where several decode.
    ///
    /// # Errors
    /// As [`Archive::open`]; [`Error::Io`] with what the reader gave.
    pub fn from_reader(reader: impl ReadAt + 'static) -> Result<Self> {
        Self::from_reader_with(reader, &Limits::default())
    }

    /// As [`Archive::from_reader`], with these limits.
    ///
    /// # Errors
    /// As [`Archive::from_reader`].
    pub fn from_reader_with(reader: impl ReadAt + 'static, limits: &Limits) -> Result<Self> {
        Self::from_named_reader(reader, "<reader>", limits)
    }

    /// As [`Archive::from_reader_with`]; errors call the archive by this name.
    ///
    /// # Errors
    /// As [`Archive::from_reader`].
    pub fn from_named_reader(
        reader: impl ReadAt + 'static,
        name: impl AsRef<Path>,
        limits: &Limits,
    ) -> Result<Self> {
        Self::parse(Storage::of_reader(reader, name.as_ref())?, limits)
    }

    /// Opens an archive by its path in a folder: none of its tensors lies outside of that.
    pub(crate) fn open_in_folder(folder: &Path, file: &Path, limits: &Limits) -> Result<Self> {
        let folders = file.components().count().saturating_sub(1);
        Self::parse_within(Storage::open(&folder.join(file))?, limits, Some(folders))
    }

    fn parse(storage: Storage<'static>, limits: &Limits) -> Result<Self> {
        Self::parse_within(storage, limits, None)
    }

    fn parse_within(
        storage: Storage<'static>,
        limits: &Limits,
        most_above: Option<usize>,
    ) -> Result<Self> {
        let mut front = Front::read(&storage, limits)?;
        let others = resolve(&storage, &mut front, limits, most_above)?;
        let count = front.contents.tensors.len();
        let mut checked = reserve(count as u64, "the tensors of an archive")?;
        checked.resize_with(count, AtomicBool::default);
        Ok(Self { storage, others, front, checked })
    }

    /// The file's path, as it was given; `<memory>` or `<reader>` where there is no file.
    pub fn path(&self) -> &Path {
        self.storage.path()
    }

    /// The file's length in bytes.
    pub fn file_len(&self) -> u64 {
        self.front.preamble.file_len
    }

    /// The format version of the file, major and minor.
    pub fn version(&self) -> (u16, u16) {
        (self.front.preamble.major, self.front.preamble.minor)
    }

    /// The tensors in the order of the source.
    pub fn tensors(&self) -> &[TensorInfo] {
        &self.front.contents.tensors
    }

    /// The tensors' names in the order of the source.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.tensors().iter().map(TensorInfo::name)
    }

    /// The tensor of this name.
    ///
    /// # Errors
    /// [`Error::NoSuchTensor`].
    pub fn tensor(&self, name: &str) -> Result<&TensorInfo> {
        self.number_of(name).map(|number| &self.tensors()[number])
    }

    /// The index of the tensor of this name in [`Archive::tensors`].
    pub(crate) fn number_of(&self, name: &str) -> Result<usize> {
        let found =
            self.front.contents.by_name.find(|index| name.cmp(self.tensors()[index].name()));
        found.ok_or_else(|| Error::NoSuchTensor {
            path: self.path().to_path_buf(),
            name: name.to_owned(),
        })
    }

    /// The `__metadata__` of the source; `None` where it had none.
    pub fn metadata(&self) -> Option<&Metadata> {
        self.front.contents.metadata.as_ref()
    }

    /// The header of a safetensors file with these tensors: the source's own to the byte, where it
    /// was such a file.
    pub(crate) fn source_text(&self) -> &str {
        &self.front.contents.text
    }

    /// The header of the safetensors source to the byte; `None` where the source was something
    /// else.
    pub fn safetensors_header(&self) -> Option<&str> {
        let contents = &self.front.contents;
        contents.is_source.then_some(contents.text.as_str())
    }

    /// The name that the source file had, where the archive's own does not tell it (see
    /// [`super::Manifest::file_name`]).
    pub fn file_name(&self) -> Option<&str> {
        self.front.contents.file_name.as_deref()
    }

    /// Returns whether the archive carries a file as it is: the bytes of its tensors, one after
    /// another, are the file, and the tensors mean nothing else.
    pub fn is_file_as_is(&self) -> bool {
        self.front.contents.as_is
    }

    /// The other files of its folder that have bytes of its tensors ([`TensorInfo::elsewhere`]):
    /// they were opened with it.
    pub fn other_files(&self) -> impl ExactSizeIterator<Item = &Path> {
        self.others.iter().map(Storage::path)
    }

    /// Names a tensor of this archive in a message.
    pub(crate) fn place(&self, tensor: &TensorInfo) -> String {
        self.storage.place_of(tensor)
    }
}
