//! Deltas on the device: their gaps and differences are decoded to a workspace, and added to
//! references that are there, to another buffer or in place.

mod arrays;
mod decoder;
mod deltas;
mod kernels;
mod plan;
mod planned;
pub mod timing;

pub use decoder::GpuDeltaDecoder;
pub use deltas::GpuDeltas;
pub use plan::GpuDeltaPlan;
pub use planned::PlannedDelta;
