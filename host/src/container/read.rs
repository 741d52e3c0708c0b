//! Opening an archive and finding what is in it.

use super::header::Contents;
use super::preamble::{Preamble, check_magic};
use super::storage::Storage;
use super::{ContentHash, Limits, Metadata, TensorInfo};
use crate::file_identity::FileIdentity;
use crate::memory::resize;
use crate::output::Attributes;
use crate::source::check_checksum;
use crate::{Error, Result};
use std::borrow::Cow;
use std::path::Path;

/// An open .wcodec file whose header has been checked from end to end.
///
/// Blobs are read when they are asked for, at their positions, so one archive serves many threads.
#[derive(Debug)]
pub struct Archive {
    storage: Storage,
    preamble: Preamble,
    contents: Contents,
}

impl Archive {
    /// Opens an archive that is read at positions, with the default [`Limits`].
    ///
    /// # Errors
    /// [`Error::WrongFormat`], [`Error::UnsupportedVersion`], [`Error::Truncated`], [`Error::TrailingData`],
    /// [`Error::Corrupt`] or [`Error::LimitExceeded`] where the file is at fault, [`Error::Io`] where it cannot be read.
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

    /// Opens an archive that is mapped into memory, which saves copying the blobs; with the default [`Limits`].
    ///
    /// # Errors
    /// As [`Archive::open`].
    ///
    /// # Safety
    /// Nobody may change or truncate the file while the archive is open: bytes proven once would change
    /// behind the decoder's back, and reading beyond a new end kills the process with SIGBUS. Before each blob the
    /// file's length is looked at again, so that a file truncated before is an [`Error::Truncated`]; one truncated
    /// while a blob is being decoded is not found out. [`Archive::open`] has no such duty and costs one copy of the
    /// compressed bytes.
    #[allow(unsafe_code)]
    pub unsafe fn open_mapped(path: impl AsRef<Path>) -> Result<Self> {
        // SAFETY: the duty is passed on to the caller, word for word.
        Self::parse(unsafe { Storage::open_mapped(path.as_ref()) }?, &Limits::default())
    }

    fn parse(storage: Storage, limits: &Limits) -> Result<Self> {
        let preamble = read_preamble(&storage, limits)?;
        let place = format!("the header of {}", storage.file().path().display());
        let bytes = storage.read(Preamble::LEN, preamble.header_len, "the header")?;
        if crc32c::crc32c(&bytes) != preamble.header_crc {
            let reason = "its checksum does not match: download or copy the file again";
            return Err(Error::corrupt(place, reason));
        }
        limits.check_depth(&bytes, &place)?;
        let contents = Contents::read(&bytes, &preamble, limits, &place)
            .map_err(|fault| fault.into_error(|reason| Error::corrupt(&place, reason)))?;
        drop(bytes);
        Ok(Self { storage, preamble, contents })
    }

    /// The file's path, as it was given.
    pub fn path(&self) -> &Path {
        self.storage.file().path()
    }

    /// The file's length in bytes.
    pub fn file_len(&self) -> u64 {
        self.preamble.file_len
    }

    /// The format version of the file, major and minor.
    pub fn version(&self) -> (u16, u16) {
        (self.preamble.major, self.preamble.minor)
    }

    /// The tensors in the order of the source.
    pub fn tensors(&self) -> &[TensorInfo] {
        &self.contents.tensors
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
    pub(super) fn number_of(&self, name: &str) -> Result<usize> {
        let found = self.contents.by_name.find(|index| name.cmp(self.tensors()[index].name()));
        found.ok_or_else(|| Error::NoSuchTensor {
            path: self.path().to_path_buf(),
            name: name.to_owned(),
        })
    }

    /// The `__metadata__` of the source; `None` where it had none.
    pub fn metadata(&self) -> Option<&Metadata> {
        self.contents.metadata.as_ref()
    }

    /// The header of the safetensors source to the byte; `None` where the source was something else.
    pub fn safetensors_header(&self) -> Option<&str> {
        self.contents.safetensors_header.as_deref()
    }

    /// The name that the source file had, where the archive's own does not tell it (see
    /// [`super::Manifest::file_name`]).
    pub fn file_name(&self) -> Option<&str> {
        self.contents.file_name.as_deref()
    }

    /// The blob of a tensor, its checksum checked: borrowed where the archive is mapped, read otherwise.
    ///
    /// # Errors
    /// [`Error::Corrupt`] where the checksum does not match, [`Error::Io`], [`Error::OutOfMemory`].
    pub fn read_blob(&self, tensor: &TensorInfo) -> Result<Cow<'_, [u8]>> {
        let blob = self.storage.read(tensor.offset, tensor.length, "a compressed tensor")?;
        self.check_checksum(tensor, crc32c::crc32c(&blob))?;
        Ok(blob)
    }

    /// Reads the blob of a tensor, its checksum checked, into `blob`, which becomes as long.
    pub(crate) fn read_blob_into(&self, tensor: &TensorInfo, blob: &mut Vec<u8>) -> Result<()> {
        resize(blob, tensor.length, "a compressed tensor")?;
        self.storage.read_into(tensor.offset, blob)?;
        self.check_checksum(tensor, crc32c::crc32c(blob))
    }

    /// Compares the CRC-32C of the bytes of a tensor's blob with the one in the header.
    fn check_checksum(&self, tensor: &TensorInfo, crc32c: u32) -> Result<()> {
        check_checksum(tensor.crc32c, crc32c, || self.place(tensor))
    }

    /// The XXH3-64 of the preamble and the header, which hold checksums of all the rest.
    pub(crate) fn front_hash(&self) -> Result<ContentHash> {
        let length = Preamble::LEN + self.preamble.header_len;
        Ok(ContentHash::of(&self.storage.read(0, length, "the header")?))
    }

    /// Fails where the file, or what its path leads to, is another than the one that was opened.
    pub(crate) fn check_unchanged(&self) -> Result<()> {
        let file = self.storage.file();
        file.check_unchanged()?;
        let header = self.storage.read(Preamble::LEN, self.preamble.header_len, "the header")?;
        let same = crc32c::crc32c(&header) == self.preamble.header_crc;
        if same { Ok(()) } else { Err(file.changed()) }
    }

    /// The file as it was when it was opened.
    pub(crate) fn identity(&self) -> FileIdentity {
        self.storage.file().identity()
    }

    /// Fills `bytes` from the file's byte `offset` on.
    pub(super) fn read_at(&self, offset: u64, bytes: &mut [u8]) -> Result<()> {
        self.storage.read_into(offset, bytes)
    }

    /// Checks that the bytes before each blob, which no checksum covers, are zero.
    ///
    /// # Errors
    /// [`Error::Corrupt`] naming the tensor, [`Error::Io`].
    pub fn check_padding(&self) -> Result<()> {
        let mut end = Preamble::LEN + self.preamble.header_len;
        for tensor in self.tensors() {
            let gap = self.storage.read(end, tensor.offset - end, "padding")?;
            if gap.iter().any(|&byte| byte != 0) {
                let place = format!("the padding before {}", self.place(tensor));
                return Err(Error::corrupt(
                    place,
                    "it is not zero: download or copy the file again",
                ));
            }
            end = tensor.offset + tensor.length;
        }
        Ok(())
    }

    /// Names a tensor of this archive in a message.
    pub(crate) fn place(&self, tensor: &TensorInfo) -> String {
        format!("tensor {:?} of {}", tensor.name(), self.path().display())
    }

    pub(crate) fn attributes(&self) -> &Attributes {
        self.storage.file().attributes()
    }
}

fn read_preamble(storage: &Storage, limits: &Limits) -> Result<Preamble> {
    let (path, actual) = (storage.file().path(), storage.file().len());
    let start = storage.read(0, actual.min(Preamble::LEN), "the preamble")?;
    let wrong_length = |expected| Error::wrong_length(storage.file().place(), expected, actual);
    let Ok(bytes) = start.as_ref().try_into() else {
        check_magic(&start, path)?;
        return Err(wrong_length(Preamble::LEN));
    };
    let preamble = Preamble::parse(bytes, path, limits)?;
    if preamble.file_len != actual {
        return Err(wrong_length(preamble.file_len));
    }
    if preamble.file_len - Preamble::LEN < preamble.header_len {
        let place = format!("the preamble of {}", path.display());
        return Err(Error::corrupt(place, "the header would end beyond the file"));
    }
    Ok(preamble)
}
