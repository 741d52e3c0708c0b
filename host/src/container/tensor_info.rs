//! A tensor of an archive: its spec and the place of its blob.

use super::{ContentHash, Shape, TensorSpec};
use crate::Dtype;

/// An entry of an archive's header, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TensorInfo {
    pub(super) spec: TensorSpec,
    pub(super) byte_len: u64,
    pub(super) codec: Box<str>,
    pub(super) offset: u64,
    pub(super) length: u64,
    pub(super) crc32c: u32,
    pub(super) xxh3: ContentHash,
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

    /// A summary of the codec for people.
    pub fn codec(&self) -> &str {
        &self.codec
    }

    /// Byte offset of the blob in the file.
    pub fn blob_offset(&self) -> u64 {
        self.offset
    }

    /// Bytes of the blob.
    pub fn blob_len(&self) -> u64 {
        self.length
    }

    /// The hash of the decoded bytes.
    pub fn content_hash(&self) -> ContentHash {
        self.xxh3
    }
}
