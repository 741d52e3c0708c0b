//! What the host hands to the kernels that encode, and what they hand to each other: plain numbers
//! and device addresses, proven by the host.

use bytemuck::{Pod, Zeroable};
use wcodec_codec::encode::{CodecChoice, Extent, MOST_TABLE_BYTES};
use wcodec_codec::format::{MAX_PROB_BITS, PlaneCodec, ROW_BYTES, Split};

/// Probability bits of every table.
pub const PROB_BITS: u32 = MAX_PROB_BITS as u32;
/// States of a table.
pub const STATES: usize = 1 << MAX_PROB_BITS;
/// Warps of a block that counts, codes or gathers: each has a tile.
pub const GROUP_TILES: u32 = 8;
/// Threads of a block that makes a table: one for each symbol.
pub const TABLE_THREADS: u32 = 256;
/// Threads of a block that places a blob's parts.
pub const PLACE_THREADS: u32 = 1024;

/// A tensor to encode, in flat geometry. Its tiles are taken in groups of [`GROUP_TILES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Pod, Zeroable)]
#[repr(C, align(16))]
pub struct EncodeJob {
    /// Address of its bytes, 16-byte aligned.
    pub source: u64,
    /// Address of its raw planes, 16-byte aligned, with room for the rest of its blob before them.
    pub raw: u64,
    /// Address of the buffer that all of this lies in.
    pub buffer: u64,
    /// Byte offset of the slots for its tiles' words, `slot_words` for each, among all slots.
    pub slots: u64,
    /// Byte offset of the slots for its tiles' exceptions, `tile_exceptions` for each, among all of
    /// those.
    pub exception_slots: u64,
    /// Bytes of each raw plane, and of the stored plane where the coded bytes are stored.
    pub plane_len: u64,
    /// Rows of all tiles.
    pub rows: u64,
    /// Nothing.
    pub padding: u64,
    /// The blob's header, in which all that [`wcodec_codec::encode::HeaderEnd`] tells is 0.
    pub header: [u32; 16],
    /// The number of its first tile among those of all tensors.
    pub first_tile: u32,
    /// The number of its first group, likewise.
    pub first_group: u32,
    /// Tiles.
    pub tiles: u32,
    /// Rows of a full tile.
    pub tile_rows: u32,
    /// Words that there is room for in a slot.
    pub slot_words: u32,
    /// Bytes in the last row of all, 1 to 512.
    pub last_row_bytes: u32,
    /// Number of the [`Split`].
    pub split: u32,
    /// Exceptions that there is room for in a slot.
    pub tile_exceptions: u32,
}

impl EncodeJob {
    /// The split among those with so many bytes an element, which the kernel knows.
    #[inline(always)]
    pub const fn split(&self, element_bytes: usize) -> Split {
        let (first, other) = match element_bytes {
            1 => (Split::Byte, Split::RotatedByte),
            2 => (Split::Exponent16, Split::High16),
            _ => (Split::Exponent32, Split::High32),
        };
        if self.split == first as u32 { first } else { other }
    }

    /// The tensor's numbers from which the room for its blob follows.
    #[inline(always)]
    pub const fn extent(&self) -> Extent {
        let (tiles, tile_exceptions) = (self.tiles as u64, self.tile_exceptions);
        Extent { tiles, plane_len: self.plane_len, tile_exceptions }
    }

    /// Rows of a tile.
    #[inline(always)]
    pub const fn rows_of(&self, tile: u32) -> u32 {
        let left = self.rows - tile as u64 * self.tile_rows as u64;
        if left < self.tile_rows as u64 { left as u32 } else { self.tile_rows }
    }

    /// The tile's first row.
    #[inline(always)]
    pub const fn first_row(&self, tile: u32) -> u64 {
        tile as u64 * self.tile_rows as u64
    }

    /// The address of the tile's bytes.
    #[inline(always)]
    pub const fn source_of(&self, tile: u32) -> u64 {
        self.source + self.first_row(tile) * ROW_BYTES as u64
    }

    /// The address after the last word that a tile may have, in slots that begin at `slots`.
    #[inline(always)]
    pub const fn slot_end(&self, slots: u64, tile: u32) -> u64 {
        slots + self.slots + 4 * (tile as u64 + 1) * self.slot_words as u64
    }

    /// The address after the last exception that the tile may have, likewise.
    #[inline(always)]
    pub const fn exceptions_end(&self, slots: u64, tile: u32) -> u64 {
        slots + self.exception_slots + 4 * (tile as u64 + 1) * self.tile_exceptions as u64
    }

    /// Bytes of the stored plane under a codec.
    #[inline(always)]
    pub const fn stored_len(&self, codec: PlaneCodec) -> u64 {
        self.plane_len * codec.shape().stored_bits as u64 / 8
    }
}

/// How a tensor's coded bytes are coded. The device alone has any.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(16))]
pub struct EncodeTable {
    /// The step of each symbol ([`wcodec_codec::entropy::tans::step`]).
    pub steps: [u32; 256],
    /// The states of each symbol in ascending order, symbol after symbol, each plus the number of
    /// all.
    pub states: [u16; STATES],
    /// The place of each symbol's first state.
    pub first: [u16; 256],
    /// The table as it is stored, in the first `packed_len` bytes.
    pub packed: [u8; PACKED_BYTES],
    /// Those bytes.
    pub packed_len: u32,
    /// The number of the [`PlaneCodec`]. Where that has no symbols, nothing above means anything.
    pub codec: u32,
    /// The residual of all coded bytes where that is Const, otherwise 0.
    pub constant: u32,
    /// The residual for places beyond the end of the last row and for exceptions. Of a codec with a
    /// symbol for each residual the first of those that have the most states.
    pub filler: u32,
    /// The residual that ranks count down from, 0 for a codec without ranks.
    pub base: u32,
    /// The distance of the rows of a tile whose symbols are counted.
    pub stride: u32,
    /// Number of the [`Course`].
    pub course: u32,
}

/// What becomes of a tensor whose symbols were coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum Course {
    /// It stays as it is.
    Keeps,
    /// Its pairs were coded in vain: it is coded once more, each coded byte as a symbol.
    Again,
    /// It was coded in vain: its coded bytes are stored.
    Stored,
}

const PACKED_BYTES: usize = MOST_TABLE_BYTES.next_multiple_of(16) as usize;

/// Bytes of a table's look-ups, which stand first in it, and which blocks copy to shared memory.
pub const LOOK_UP_BYTES: u32 = 4 * 256 + 2 * STATES as u32 + 2 * 256;

impl EncodeTable {
    /// The plane codec: one with symbols, Const or Raw.
    #[inline(always)]
    pub const fn codec(&self) -> PlaneCodec {
        match PlaneCodec::from_u8(self.codec as u8) {
            Some(codec) => codec,
            None => PlaneCodec::Raw,
        }
    }

    /// How coded bytes become symbols.
    #[inline(always)]
    pub const fn choice(&self) -> CodecChoice {
        CodecChoice { codec: self.codec(), base: self.base as u8 }
    }
}

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

/// Bytes of shared memory of a block that counts: counters for each byte and lane.
pub const COUNT_SHARED_BYTES: u32 = 256 * 32 * 4;
/// Bytes of shared memory of a block that makes a table: see [`table_memory`].
pub const TABLE_SHARED_BYTES: u32 = table_memory::END;
/// Bytes of shared memory of a block that places a blob's parts: a sum for each warp.
pub const PLACE_SHARED_BYTES: u32 = 8 * (PLACE_THREADS / 32);

/// The shared memory of a block that makes a table, by byte offsets.
pub mod table_memory {
    use super::{STATES, TABLE_THREADS};

    /// A sum for each warp.
    pub const SUMS: u32 = 0;
    /// For each symbol 64 bits: what is left of its part of the states.
    pub const RESTS: u32 = SUMS + 8 * 32;
    /// For each symbol the number of states of those before it.
    pub const STARTS: u32 = RESTS + 8 * 256;
    /// For each warp and symbol the place of the warp's next state of that symbol.
    pub const PLACES: u32 = STARTS + 4 * 256;
    /// For each state its symbol, a byte.
    pub const SYMBOLS: u32 = PLACES + 4 * 256 * (TABLE_THREADS / 32);
    /// The end.
    pub const END: u32 = SYMBOLS + STATES as u32;
}

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
