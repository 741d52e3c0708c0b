//! Decoding on the device: plans, and the kernels that carry them out.

mod batch;
mod decoder;
mod jobs;
mod kernels;
mod plan;
mod plan_bytes;
mod planned;
mod range;
mod tasks;
pub mod timing;
mod transposes;
mod workspace;

pub use batch::GpuBatch;
pub use decoder::GpuDecoder;
pub use plan::GpuPlan;
pub use planned::{Place, PlannedTensor};
pub(crate) use range::decode_parts;
pub use range::decode_range;

pub(super) use batch::aligned_offsets;
pub(super) use plan_bytes::PlanBytes;
