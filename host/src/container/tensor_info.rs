//! A tensor of an archive: its spec and the place of its blob.

use super::place::{Origin, Place};
use super::reference::Base;
use super::{ContentHash, Shape, TensorReference, TensorSpec};
use crate::{Dtype, Error, Result};

/// An entry of an archive's header, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TensorInfo {
    pub(super) spec: TensorSpec,
    pub(super) byte_len: u64,
    pub(super) place: Place,
}

impl TensorInfo {
    /// The name, unique in the archive.
    pub fn name(&self) -> &str {
        &self.spec.name
    }

    /// The element type.
    pub fn dtype(&self) -> Dtype {
        self.spec.dtype
    }

    /// The extents, outermost first; empty for rank 0.
    pub fn shape(&self) -> &Shape {
        &self.spec.shape
    }

    /// Name, dtype and shape together.
    pub fn spec(&self) -> &TensorSpec {
        &self.spec
    }

    /// Bytes of the decoded tensor.
    pub fn byte_len(&self) -> u64 {
        self.byte_len
    }

    /// The number of its blob in the archive, which several tensors may have.
    pub fn blob_number(&self) -> u32 {
        self.place.blob.number
    }

    /// Decoded bytes of its blob: more than [`TensorInfo::byte_len`] where others lie in it too.
    pub fn blob_byte_len(&self) -> u64 {
        self.place.blob.decoded
    }

    /// The byte of its decoded blob that the tensor begins at.
    pub fn blob_start(&self) -> u64 {
        self.place.start
    }

    /// The number of the earlier tensor that has the same bytes, and is stored for both.
    pub fn same_as(&self) -> Option<usize> {
        match self.place.origin {
            Origin::Same(number) => Some(number as usize),
            _ => None,
        }
    }

    /// The number of the file that has its bytes in [`super::Archive::other_files`]; `None` where
    /// they are in the archive's own.
    pub fn elsewhere(&self) -> Option<usize> {
        match self.place.origin {
            Origin::Elsewhere(number) => Some(number as usize),
            _ => None,
        }
    }

    /// The tensor of a base that it is coded against; `None` where it decodes alone.
    pub fn reference(&self) -> Option<TensorReference> {
        self.place.base.map(|base| match base {
            Base::Delta(reference) => reference,
            Base::Unchanged => TensorReference::new(self.place.hash, self.byte_len),
        })
    }

    /// Returns whether it is a tensor of a base as it is.
    pub fn is_unchanged(&self) -> bool {
        self.place.base == Some(Base::Unchanged)
    }

    /// Refuses to take it for one that decodes alone, where it does not; `place` names it.
    ///
    /// # Errors
    /// [`Error::BaseNeeded`].
    pub(crate) fn check_alone(&self, place: impl FnOnce() -> String) -> Result<()> {
        match self.place.base {
            None => Ok(()),
            Some(_) => Err(self.needs_base(place(), "it does not decode alone")),
        }
    }

    /// The error of a base that is not there; `place` names the tensor.
    pub(crate) fn needs_base(&self, place: String, reason: &'static str) -> Error {
        let wanted = self.reference().map(|wanted| (wanted.content_hash(), wanted.byte_len()));
        let (hash, byte_len) = wanted.unwrap_or((self.place.hash, self.byte_len));
        Error::BaseNeeded { place, xxh3: hash.value(), byte_len, reason }
    }

    /// Bytes of the file that it takes: its blob, or its share of one by length where others lie in it
    /// too; none where it is stored as another tensor.
    pub fn stored_bytes(&self) -> u64 {
        let blob = self.place.blob;
        match self.place.origin {
            Origin::Same(_) | Origin::Elsewhere(_) => 0,
            Origin::Own if !self.is_part() => blob.length,
            Origin::Own => {
                (u128::from(blob.length) * u128::from(self.byte_len)
                    / u128::from(blob.decoded.max(1))) as u64
            }
        }
    }

    /// Returns whether its blob holds other bytes than its own.
    pub(crate) fn is_part(&self) -> bool {
        self.byte_len != self.place.blob.decoded
    }

    /// Its bytes among those of its decoded blob.
    pub(crate) fn in_blob(&self) -> std::ops::Range<u64> {
        self.place.start..self.place.start + self.byte_len
    }

    /// Byte offset of the blob in the file.
    pub fn blob_offset(&self) -> u64 {
        self.place.blob.offset
    }

    /// Bytes of the blob.
    pub fn blob_len(&self) -> u64 {
        self.place.blob.length
    }

    /// The hash of the decoded bytes.
    pub fn content_hash(&self) -> ContentHash {
        self.place.hash
    }
}
