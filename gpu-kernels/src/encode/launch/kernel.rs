//! The kernels that encode.

use super::{
    COUNT_SHARED_BYTES, GROUP_TILES, LOOK_UP_BYTES, PLACE_SHARED_BYTES, PLACE_THREADS,
    TABLE_SHARED_BYTES, TABLE_THREADS,
};

/// A kernel that encodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kernel {
    /// Counts some of the coded bytes.
    Sample,
    /// Chooses codecs.
    Choose,
    /// Counts symbols.
    Count,
    /// Makes tables.
    Tables,
    /// Codes the tiles of elements of one byte.
    Code1,
    /// Of two bytes.
    Code2,
    /// Of four bytes.
    Code4,
    /// Places the parts of blobs.
    Place,
    /// Stores the coded bytes, of one byte each, of tensors that were coded in vain.
    Store1,
    /// Of two bytes.
    Store2,
    /// Of four bytes.
    Store4,
    /// Gathers the words of tiles.
    Gather,
}

impl Kernel {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Sample,
        Self::Choose,
        Self::Count,
        Self::Tables,
        Self::Code1,
        Self::Code2,
        Self::Code4,
        Self::Place,
        Self::Store1,
        Self::Store2,
        Self::Store4,
        Self::Gather,
    ];

    /// The entry point.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sample => "sample_coded_bytes",
            Self::Choose => "choose_codecs",
            Self::Count => "count_symbols",
            Self::Tables => "make_tables",
            Self::Code1 => "code_tiles_1",
            Self::Code2 => "code_tiles_2",
            Self::Code4 => "code_tiles_4",
            Self::Place => "place_parts",
            Self::Store1 => "store_tiles_1",
            Self::Store2 => "store_tiles_2",
            Self::Store4 => "store_tiles_4",
            Self::Gather => "gather_words",
        }
    }

    /// The kernel that codes elements of so many bytes.
    pub const fn code(element_bytes: usize) -> Self {
        match element_bytes {
            1 => Self::Code1,
            2 => Self::Code2,
            _ => Self::Code4,
        }
    }

    /// The kernel that stores what that one coded in vain.
    pub const fn store(element_bytes: usize) -> Self {
        match element_bytes {
            1 => Self::Store1,
            2 => Self::Store2,
            _ => Self::Store4,
        }
    }

    /// Threads of a block.
    pub const fn threads(self) -> u32 {
        match self {
            Self::Choose | Self::Tables => TABLE_THREADS,
            Self::Place => PLACE_THREADS,
            _ => 32 * GROUP_TILES,
        }
    }

    /// Bytes of dynamic shared memory of a block.
    pub const fn shared_bytes(self) -> u32 {
        match self {
            Self::Sample | Self::Count => COUNT_SHARED_BYTES,
            Self::Choose | Self::Tables => TABLE_SHARED_BYTES,
            Self::Code1 | Self::Code2 | Self::Code4 => LOOK_UP_BYTES,
            Self::Place => PLACE_SHARED_BYTES,
            Self::Store1 | Self::Store2 | Self::Store4 | Self::Gather => 0,
        }
    }
}
