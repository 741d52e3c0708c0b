//! The CUDA driver: contexts, streams, events, memory, kernels and their launches.
//!
//! The modules beside this one build on it: `decode` launches the kernels that decode, `load` moves
//! files. Nothing here knows of tensors. Every call makes its context current for its own duration,
//! and leaves the calling thread's context as it was.

mod allocator;
mod context;
mod current;
mod device;
mod event;
mod fence;
mod graph;
mod in_context;
mod kernel;
mod memory;
mod pinned;
mod ptx;
mod raw;
mod stream;
mod zeroing;

pub use allocator::GpuAllocator;
pub use context::GpuContext;
pub use event::GpuEvent;
pub use graph::GpuGraph;
pub use kernel::{Argument, GpuKernel, Launch};
pub use memory::DeviceMemory;
pub use pinned::PinnedMemory;
pub use ptx::{Image, best_target};
pub use raw::{RawContext, RawStream};
pub use stream::GpuStream;

pub(super) use device::{capability, count};
pub(super) use memory::{start_copy_on_device, start_copy_to};
pub(super) use zeroing::start_zeroing;

use crate::Error;
use cust::error::CudaError;

/// A closure for `map_err` that names the action that the driver failed in.
pub(super) fn failed(action: &'static str) -> impl FnOnce(CudaError) -> Error {
    move |error| Error::Gpu { action, reason: error.to_string() }
}
