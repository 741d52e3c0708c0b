//! The tensor that another is coded against (FORMAT.md sections 1.3 and 10).

use super::ContentHash;

/// A tensor of a *base*, another file that was there when an archive was made: any with these bytes,
/// wherever it lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TensorReference {
    byte_len: u64,
    hash: ContentHash,
}

impl TensorReference {
    /// Bytes of a reference as the header has it.
    pub(super) const LEN: usize = 16;

    /// A tensor of so many bytes with this hash.
    pub(crate) fn new(hash: ContentHash, byte_len: u64) -> Self {
        Self { byte_len, hash }
    }

    /// The tensor that is `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self::new(ContentHash::of(bytes), bytes.len() as u64)
    }

    /// The hash of its bytes.
    pub fn content_hash(&self) -> ContentHash {
        self.hash
    }

    /// Its bytes, decoded.
    pub fn byte_len(&self) -> u64 {
        self.byte_len
    }

    /// Returns whether these are its bytes; the hash is not taken of others of another length.
    pub(crate) fn is(&self, bytes: &[u8]) -> bool {
        self.byte_len == bytes.len() as u64 && self.hash == ContentHash::of(bytes)
    }

    pub(super) fn from_bytes(bytes: [u8; Self::LEN]) -> Self {
        let half = |start| std::array::from_fn(|index| bytes[start + index]);
        Self::new(ContentHash::from_le_bytes(half(0)), u64::from_le_bytes(half(8)))
    }

    pub(super) fn to_bytes(self) -> [u8; Self::LEN] {
        let mut bytes = [0; Self::LEN];
        bytes[..8].copy_from_slice(&self.hash.to_le_bytes());
        bytes[8..].copy_from_slice(&self.byte_len.to_le_bytes());
        bytes
    }
}

/// What a tensor of an archive needs of a base.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Base {
    /// Its blob is a delta against this.
    Delta(TensorReference),
    /// It is a tensor of the base, and has no blob.
    Unchanged,
}
