//! Decoding on an NVIDIA GPU: the only users of the CUDA driver.
//!
//! [`GpuDecoder`] holds a device and its kernels. A plan turns blobs into one launch for each kernel that
//! they need, for any number of tensors; the blobs go to the device as they lie.

mod decoder;
mod device;
mod kernels;
mod memory;
mod plan;
mod probe;
mod timing;

pub use decoder::{GpuBatch, GpuDecoder};
pub use kernels::ptx_variants;
pub use memory::DeviceMemory;
pub use probe::{GpuInfo, GpuReport, probe};

use crate::Error;
use cust::error::CudaError;

/// A closure for `map_err` that says what the driver failed to do.
fn failed(action: &'static str) -> impl FnOnce(CudaError) -> Error {
    move |error| Error::Gpu { action, reason: error.to_string() }
}
