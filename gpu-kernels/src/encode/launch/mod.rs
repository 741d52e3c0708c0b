//! What the host hands to the kernels that encode, and what they hand to each other: plain numbers
//! and device addresses, proven by the host.

mod arguments;
mod job;
mod kernel;
mod table;

pub use arguments::{EncodeLaunch, EncodedPlace};
pub use job::EncodeJob;
pub use kernel::Kernel;
pub use table::{Course, EncodeTable, LOOK_UP_BYTES};

use wcodec_codec::format::MAX_PROB_BITS;

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
