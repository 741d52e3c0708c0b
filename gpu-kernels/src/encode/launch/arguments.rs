//! The arguments of a launch.

#[cfg(doc)]
use super::{EncodeJob, EncodeTable};
use bytemuck::{Pod, Zeroable};

/// Where the blob of a tensor lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct EncodedPlace {
    /// Byte offset of the blob in its buffer, a multiple of 16.
    pub offset: u64,
    /// Bytes of the blob.
    pub len: u64,
    /// Address of its words.
    pub words: u64,
    /// Address of its index.
    pub index: u64,
    /// Address of its exceptions.
    pub exceptions: u64,
}

/// The arrays of a launch, by their device addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct EncodeLaunch {
    /// The [`EncodeJob`]s, those of one element size after each other.
    pub jobs: u64,
    /// For each job 256 counts of some of its coded bytes, 64 bits each, which are 0 before.
    pub samples: u64,
    /// For each job 256 counts of its symbols, likewise.
    pub counts: u64,
    /// For each job an [`EncodeTable`].
    pub tables: u64,
    /// For each tile its number of words.
    pub tile_words: u64,
    /// For each tile the number of its first word, 64 bits.
    pub tile_starts: u64,
    /// For each tile its number of exceptions, even if it has no room for them.
    pub tile_exceptions: u64,
    /// For each tile the number of its first exception.
    pub exception_starts: u64,
    /// For each job an [`EncodedPlace`].
    pub places: u64,
    /// Memory for the words of tiles, which are written before it is known where they are to be.
    pub slots: u64,
    /// Memory for the exceptions of tiles, likewise.
    pub exception_slots: u64,
    /// Jobs.
    pub job_count: u32,
    /// The group of the first block.
    pub first_group: u32,
    /// 0 for all tensors, 1 for those that are coded once more.
    pub round: u32,
    /// Nothing.
    pub padding: u32,
}

impl EncodeLaunch {
    /// The same arrays, whose addresses are offsets, in a workspace at an address.
    pub const fn at(self, workspace: u64) -> Self {
        Self {
            jobs: self.jobs + workspace,
            samples: self.samples + workspace,
            counts: self.counts + workspace,
            tables: self.tables + workspace,
            tile_words: self.tile_words + workspace,
            tile_starts: self.tile_starts + workspace,
            tile_exceptions: self.tile_exceptions + workspace,
            exception_starts: self.exception_starts + workspace,
            places: self.places + workspace,
            slots: self.slots + workspace,
            exception_slots: self.exception_slots + workspace,
            ..self
        }
    }
}
