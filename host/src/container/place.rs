//! The place of a tensor in an archive.

use super::ContentHash;
use super::reference::Base;
use crate::Error;
use crate::json::Fault;

/// How a tensor is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// In a blob of its own.
    Alone,
    /// In a blob that begins with it and others of its dtype may follow in.
    First,
    /// In the last blob that a [`Kind::First`] of its dtype began, after the tensors that lie there.
    Follows,
    /// As an earlier tensor of the same bytes.
    Same,
    /// As a tensor of the same bytes in another file of the folder.
    Elsewhere,
    /// In a blob of its own, which is a delta against a tensor of a base.
    Against,
    /// As a tensor of the same bytes in a base.
    Unchanged,
}

impl Kind {
    pub const ALL: [Self; 7] = [
        Self::Alone,
        Self::First,
        Self::Follows,
        Self::Same,
        Self::Elsewhere,
        Self::Against,
        Self::Unchanged,
    ];

    /// Returns whether a blob begins with it.
    pub fn begins_a_blob(self) -> bool {
        matches!(self, Self::Alone | Self::First | Self::Against)
    }

    /// The kind with this number.
    pub fn parse(number: u8, place: &str) -> Result<Self, Fault> {
        let known = Self::ALL.get(usize::from(number));
        known.copied().ok_or_else(|| {
            let feature = "kind of place";
            Error::UnknownFeature { place: place.to_owned(), feature, number }.into()
        })
    }
}

/// The place of a blob and its checksum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredBlob {
    pub offset: u64,
    pub length: u64,
    pub crc32c: u32,
    /// Its number among the blobs of the archive.
    pub number: u32,
    /// Bytes that it decodes to.
    pub decoded: u64,
}

/// The place of a tensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub blob: StoredBlob,
    /// The byte of the decoded blob that it begins at.
    pub start: u64,
    /// The hash of its bytes.
    pub hash: ContentHash,
    pub origin: Origin,
    /// What of a base decoding takes.
    pub base: Option<Base>,
}

/// The tensor that bytes are stored for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The tensor itself.
    Own,
    /// The earlier tensor of this number.
    Same(u32),
    /// A tensor of the other file of this number.
    Elsewhere(u32),
}
