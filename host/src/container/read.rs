//! Opens an archive and finds its tensors.

use super::front::Front;
use super::resolve::resolve;
use super::storage::Storage;
use super::{ContentHash, Limits, Metadata, TensorInfo};
use crate::attributes::Attributes;
use crate::file_identity::FileIdentity;
use crate::memory::{reserve, resize};
use crate::positioned_file::PositionedFile;
use crate::{Error, ReadAt, Result};
use std::borrow::Cow;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

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

    /// The file that a tensor's blob lies in.
    pub(super) fn storage_of(&self, tensor: &TensorInfo) -> &Storage<'static> {
        let other = tensor.elsewhere().and_then(|number| self.others.get(number));
        other.unwrap_or(&self.storage)
    }

    /// The blob of a tensor, its checksum checked: borrowed where the archive is in memory or
    /// mapped, read otherwise.
    ///
    /// # Errors
    /// [`Error::Corrupt`] where the checksum does not match, [`Error::Io`], [`Error::OutOfMemory`].
    pub fn read_blob(&self, tensor: &TensorInfo) -> Result<Cow<'_, [u8]>> {
        self.storage_of(tensor).read_blob(tensor)
    }

    /// Reads the blob of a tensor, its checksum checked, into `blob`, which becomes as long.
    pub(crate) fn read_blob_into(&self, tensor: &TensorInfo, blob: &mut Vec<u8>) -> Result<()> {
        resize(blob, tensor.place.blob.length, "a compressed tensor")?;
        let storage = self.storage_of(tensor);
        storage.read_into(tensor.place.blob.offset, blob)?;
        storage.check_blob(tensor, blob)
    }

    /// Compares the checksum of a tensor's blob, which is read piece by piece, unless that was done
    /// before and it was right.
    pub(super) fn check_blob_once(&self, number: usize) -> Result<()> {
        if !self.is_blob_checked(number) {
            let tensor = &self.tensors()[number];
            self.storage_of(tensor).check_blob_in_pieces(tensor)?;
            self.set_blob_checked(number);
        }
        Ok(())
    }

    /// Returns whether the checksum of a tensor's blob was compared before, and was right.
    pub(super) fn is_blob_checked(&self, number: usize) -> bool {
        self.checked[self.tensors()[number].place.blob.number as usize].load(Ordering::Relaxed)
    }

    /// Keeps that the checksum of a tensor's blob was right.
    pub(super) fn set_blob_checked(&self, number: usize) {
        let blob = self.tensors()[number].place.blob.number as usize;
        self.checked[blob].store(true, Ordering::Relaxed);
    }

    /// The XXH3-64 of the preamble, the header and the sums, which are the sums of all the rest.
    pub(crate) fn front_hash(&self) -> Result<ContentHash> {
        self.front.hash(&self.storage)
    }

    /// Fails where the file, or what its path leads to, is another than the one that was opened.
    pub(crate) fn check_unchanged(&self) -> Result<()> {
        let files = [&self.storage].into_iter().chain(&self.others);
        files.filter_map(Storage::file).try_for_each(PositionedFile::check_unchanged)?;
        if self.front.is_unchanged(&self.storage)? {
            return Ok(());
        }
        Err(Error::Changed { path: self.path().to_path_buf() })
    }

    /// Bytes that were read of its files so far, each as often as it was; those of memory, and of a
    /// reader, are not counted.
    pub fn bytes_read(&self) -> u64 {
        let files = [&self.storage].into_iter().chain(&self.others);
        files.filter_map(Storage::file).map(PositionedFile::bytes_read).sum()
    }

    /// The file as it was when it was opened, where there is one.
    pub(crate) fn identity(&self) -> Option<FileIdentity> {
        self.storage.file().map(PositionedFile::identity)
    }

    /// Fills `bytes` from byte `offset` of a tensor's blob on.
    pub(super) fn read_at(&self, tensor: &TensorInfo, offset: u64, bytes: &mut [u8]) -> Result<()> {
        self.storage_of(tensor).read_into(tensor.place.blob.offset + offset, bytes)
    }

    /// Names a tensor of this archive in a message.
    pub(crate) fn place(&self, tensor: &TensorInfo) -> String {
        self.storage.place_of(tensor)
    }

    /// The mode, owner and times of the file, where there is one.
    pub(crate) fn attributes(&self) -> Option<&Attributes> {
        self.storage.file().map(PositionedFile::attributes)
    }
}
