//! What the host hands to the kernels of packed matrices: plain numbers and device addresses,
//! proven by the host.
//!
//! The kernels believe these structures and nothing else: weights, row starts and exceptions may
//! hold anything.

mod arguments;
mod kernel;
mod multiply;
mod workspace;

pub use arguments::{
    DeviceMatrix, Expert, Multiply, MultiplyExperts, Pack, Places, Product, Rows, Unpack,
};
pub use kernel::Kernel;
pub use multiply::{MultiplyKernel, is_newer};
pub use workspace::PackWorkspace;

use wcodec_codec::packed::PARTS;

/// The most matrices that one launch multiplies.
pub const MAX_GROUP: usize = 4;
/// Rows of x that an instruction takes.
pub const TILE_ROWS: u32 = 8;
/// Warps of a block that multiplies: one for each part of the columns.
pub const MULTIPLY_WARPS: u32 = PARTS;
/// Warps of a block that packs.
pub const PACK_WARPS: u32 = 16;
/// Warps of a block that unpacks.
pub const UNPACK_WARPS: u32 = 8;
/// Steps that each of them unpacks.
pub const UNPACK_STEPS: u32 = 2;
/// Threads of a block that counts exponents.
pub const SURVEY_THREADS: u32 = 512;
/// Bytes of shared memory of such a block.
pub const SURVEY_SHARED_BYTES: u32 = 256 * 32 * 4;
/// Threads of the block that adds up counts of exceptions.
pub const SCAN_THREADS: u32 = 1024;
/// Warps of a block that gathers the exceptions of a block of rows.
pub const GATHER_WARPS: u32 = 8;
/// Blocks that the driver takes along y, and along z.
const MOST_BLOCKS_Y: u32 = 65535;
