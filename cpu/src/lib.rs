//! The warps that run the programs of [`wcodec_codec`] on a CPU.
//!
//! A crate of its own because the decode program is instantiated here for each codec and element
//! size, which takes the compiler longer than all the rest, and changes less often.

// As in the program: arrays of registers are indexed by constants.
#![allow(clippy::needless_range_loop, clippy::manual_memcpy)]

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod encode;
mod memory;
#[cfg(target_arch = "aarch64")]
mod neon;
mod portable;
mod prefetch;
mod scan;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
mod simd;
mod tile_warp;
mod warp;

pub use encode::{Rows, TileSymbols, TileTable};
pub use memory::{ExpandedTable, NO_TABLE, Plane, TileMemory};
pub use prefetch::{READ_ROWS_AHEAD, prefetch_read};
pub use warp::CpuBackend;
