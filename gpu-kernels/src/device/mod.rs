//! The decode program's machine on a GPU: one warp, its registers, its ring of words in shared
//! memory. Encoding shares the registers.

// Those that decode use some of them.
#[cfg_attr(not(feature = "encode"), allow(dead_code))]
pub mod block;
mod lanes;
// Those that encode use some of them.
#[cfg_attr(not(feature = "decode"), allow(dead_code))]
pub mod ptx;

#[cfg(feature = "decode")]
mod decode;
#[cfg(feature = "decode")]
mod ring;
#[cfg(feature = "decode")]
mod stage;
#[cfg(feature = "decode")]
mod table;
#[cfg(feature = "decode")]
pub mod transpose;
#[cfg(feature = "decode")]
mod warp;

#[cfg(feature = "decode")]
pub use decode::{Launch, run};
#[cfg(feature = "encode")]
pub use lanes::GpuLanes;
