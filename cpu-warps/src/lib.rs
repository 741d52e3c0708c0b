//! The warps that run the decode program of [`wcodec_kernels`] on a CPU.
//!
//! A crate of its own because the program is instantiated here for each codec, element size and number of states, which
//! takes the compiler longer than all the rest, and changes less often.

mod memory;
mod portable;
mod warp;

pub use memory::{ExpandedTable, NO_TABLE, TileMemory};
pub use warp::CpuWarp;
