//! The source that blobs are read from.

use crate::manifest::TensorSpec;
#[cfg(feature = "gpu")]
use crate::memory::resize;
use crate::shape::Shape;
use crate::{Dtype, Error, Result};

/// A tensor of a [`BlobSource`], and its blob.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct BlobInfo {
    /// The tensor's name.
    pub name: String,
    /// Its element type.
    pub dtype: Dtype,
    /// Its extents, outermost first; empty for rank 0.
    pub shape: Shape,
    /// Bytes of the decoded tensor.
    pub byte_len: u64,
    /// A number that only the tensors of this blob have: those that lie in it together, or have the
    /// same bytes.
    pub blob: u64,
    /// Bytes that the blob decodes to; [`BlobInfo::byte_len`] where the tensor lies in it alone.
    pub blob_byte_len: u64,
    /// The byte of these that the tensor begins at.
    pub start: u64,
    /// Bytes of its blob.
    pub blob_len: u64,
    /// The CRC-32C of its blob.
    pub crc32c: u32,
}

impl BlobInfo {
    /// A tensor that lies alone in the blob of this number, with the length and the CRC-32C of that.
    ///
    /// # Errors
    /// As [`TensorSpec::byte_len`].
    pub fn new(tensor: TensorSpec, blob: u64, blob_len: u64, crc32c: u32) -> Result<Self> {
        let byte_len = tensor.byte_len()?;
        let TensorSpec { name, dtype, shape } = tensor;
        let (blob_byte_len, start) = (byte_len, 0);
        Ok(Self { name, dtype, shape, byte_len, blob, blob_byte_len, start, blob_len, crc32c })
    }

    /// With the tensor beginning at byte `start` of the `blob_byte_len` bytes that its blob decodes
    /// to, as where others lie in it, too.
    pub fn inside(mut self, start: u64, blob_byte_len: u64) -> Self {
        (self.start, self.blob_byte_len) = (start, blob_byte_len);
        self
    }
}

/// Blobs with names, which several threads read in pieces: an [`crate::Archive`], or any other file
/// that holds blobs.
///
/// The infos of a source are checked against the blobs themselves.
pub trait BlobSource: Sync {
    /// The number of blobs.
    fn blob_count(&self) -> usize;

    /// The info of a blob, by its number below [`BlobSource::blob_count`].
    fn blob_info(&self, number: usize) -> BlobInfo;

    /// The number of the blob of the tensor of this name.
    ///
    /// # Errors
    /// [`Error::NoSuchTensor`].
    fn find_blob(&self, name: &str) -> Result<usize>;

    /// Fills `bytes` from byte `offset` of a blob on.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::InvalidArgument`] beyond the blob's end.
    fn read_blob_at(&self, number: usize, offset: u64, bytes: &mut [u8]) -> Result<()>;

    /// Names a tensor and its source in messages, such as `tensor "a" of b.wcodec`.
    fn blob_place(&self, number: usize) -> String;

    /// Returns whether the checksum of a blob was compared before and right, so that rows of it are
    /// read without the rest. By default it never was.
    fn is_checked(&self, _number: usize) -> bool {
        false
    }

    /// Told of a blob that was read whole, and its checksum found right. By default that is forgotten.
    fn set_checked(&self, _number: usize) {}
}

/// Reads a whole blob, and compares its checksum.
///
/// # Errors
/// As [`BlobSource::read_blob_at`]; [`Error::Corrupt`]; [`Error::OutOfMemory`].
#[cfg(feature = "gpu")]
pub(crate) fn read_blob(source: &impl BlobSource, number: usize) -> Result<Vec<u8>> {
    let BlobInfo { blob_len, crc32c, .. } = source.blob_info(number);
    let mut bytes = Vec::new();
    resize(&mut bytes, blob_len, "a blob")?;
    source.read_blob_at(number, 0, &mut bytes)?;
    check_checksum(crc32c, crc32c::crc32c(&bytes), || source.blob_place(number))?;
    Ok(bytes)
}

/// Compares the CRC-32C of a blob with the expected one.
pub(crate) fn check_checksum(
    expected: u32,
    found: u32,
    place: impl FnOnce() -> String,
) -> Result<()> {
    if found == expected {
        return Ok(());
    }
    Err(Error::corrupt(place(), "its checksum does not match: download or copy the file again"))
}

/// Checks that a blob decodes to as many bytes as its tensor's shape and dtype have.
pub(crate) fn check_byte_len(
    expected: u64,
    found: u64,
    place: impl FnOnce() -> String,
) -> Result<()> {
    if found == expected {
        return Ok(());
    }
    let reason = format!("its blob has {found} decoded bytes, its shape and dtype {expected}");
    Err(Error::corrupt(place(), reason))
}
