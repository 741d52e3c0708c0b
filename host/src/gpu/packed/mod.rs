//! Packed matrices on the device: BF16 weights that are multiplied as they lie.
//!
//! [`GpuPackedKernels`] holds the kernels of a context. [`GpuPackedMatrix`] is a matrix on the
//! device: packed there from BF16 in device memory or from a tensor of an archive, or loaded as it
//! was saved. It multiplies in two ways. [`GpuPackedMatrix::multiply`] takes memory of ours and is
//! safe. [`GpuPackedKernels::launch_multiply`] takes addresses and a stream of the caller's: it
//! allocates nothing, copies nothing and waits for nothing, so that it can be captured in a graph
//! ([`crate::gpu::GpuGraph`]), and any number of threads may call it at once.

mod archive;
mod dense;
mod experts;
mod kernels;
mod matrix;
mod multiply;
mod pack;
mod raw;
mod raw_experts;
mod rows;
mod safe;
mod saved;
mod timing;
mod unpack;

pub use dense::DensePiece;
pub use experts::GpuExperts;
pub use kernels::GpuPackedKernels;
pub use matrix::GpuPackedMatrix;
pub use multiply::RawProduct;
pub use raw::RawPackedMatrix;
pub use raw_experts::RawExperts;
pub use rows::{GpuRows, RawRows};
pub use safe::GpuProduct;
#[doc(hidden)]
pub use timing::{time_graph, time_packing};
