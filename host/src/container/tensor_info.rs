//! A tensor of an archive: its spec and the place of its blob.

use super::header::StoredBlob;
use super::{ContentHash, Shape, TensorSpec};
use crate::Dtype;

/// An entry of an archive's header, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TensorInfo {
    pub(super) spec: TensorSpec,
    pub(super) byte_len: u64,
    pub(super) blob: StoredBlob,
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

    /// Byte offset of the blob in the file.
    pub fn blob_offset(&self) -> u64 {
        self.blob.offset
    }

    /// Bytes of the blob.
    pub fn blob_len(&self) -> u64 {
        self.blob.length
    }

    /// The hash of the decoded bytes.
    pub fn content_hash(&self) -> ContentHash {
        self.blob.hash
    }
}
