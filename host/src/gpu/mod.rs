//! Decoding and encoding on an NVIDIA GPU.
//!
//! Six modules, each built on those before it: `driver` (contexts, streams, memory, kernels),
//! `decode`, `delta`, `encode`, `load` and `packed` (matrices that are multiplied as they lie).
//!
//! [`GpuDecoder`] holds a device and its kernels. A [`GpuPlan`] turns blobs into one launch for
//! each kernel that they need, for any number of tensors; the blobs go to the device as they lie.
//! A [`GpuBatch`] is a plan with memory of its own, and a [`GpuLoader`] brings whole archives to
//! the device. A [`GpuDeltaDecoder`] makes tensors that are there those after a step, or others. A
//! [`GpuEncoder`] makes blobs of tensors that are there.
//!
//! All handles own what they need, so that they can be kept, sent and dropped in any order. Every
//! call leaves the calling thread's current context as it was.

mod decode;
mod delta;
mod driver;
mod encode;
mod load;
mod packed;
mod probe;

pub(crate) use decode::decode_parts;
pub use decode::{GpuBatch, GpuDecoder, GpuPlan, Place, PlannedTensor, decode_range};
pub use delta::{GpuDeltaDecoder, GpuDeltaPlan, GpuDeltas, PlannedDelta};
pub use driver::{
    DeviceMemory, GpuAllocator, GpuContext, GpuEvent, GpuGraph, GpuStream, PinnedMemory,
    RawContext, RawStream,
};
pub use encode::{
    BlobPlace, GpuBlobs, GpuEncodePlan, GpuEncoder, TensorToEncode, encoded_len_bound,
};
pub use load::{GpuLoader, GpuModel, GpuTensor, LoadOptions, LoadTarget, PendingLoad};
pub use packed::{
    DensePiece, GpuExperts, GpuPackedKernels, GpuPackedMatrix, GpuProduct, GpuRows, RawExperts,
    RawPackedMatrix, RawProduct, RawRows,
};
pub use probe::{GpuInfo, GpuReport, probe};

/// Times by events of the device, for benchmarks.
pub(crate) mod timing {
    pub use super::decode::timing::{copy_bandwidth, time_decode, time_decode_after};
    pub use super::delta::timing::time_deltas;
    pub use super::packed::{time_graph, time_packing};
}
