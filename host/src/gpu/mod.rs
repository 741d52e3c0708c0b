//! Decoding on an NVIDIA GPU: the only users of the CUDA driver.
//!
//! [`GpuDecoder`] holds a device and its kernels. A [`GpuPlan`] turns blobs into one launch for each kernel that they
//! need, for any number of tensors; the blobs go to the device as they lie. A [`GpuBatch`] is a plan with memory of its own, and
//! a [`GpuLoader`] brings whole archives to the device.

mod batch;
mod decoder;
mod device;
mod kernels;
mod load;

mod memory;
mod pinned;
mod plan;
mod probe;
mod stream;
mod timing;

pub use batch::GpuBatch;
pub use decoder::GpuDecoder;
pub use kernels::ptx_variants;
pub use load::{GpuLoader, GpuModel, GpuTensor, LoadOptions};

pub use memory::DeviceMemory;
pub use pinned::PinnedMemory;
pub use plan::{GpuPlan, PlannedTensor};
pub use probe::{GpuInfo, GpuReport, probe};
pub use stream::{GpuStream, RawStream};

use crate::{Error, Result};
use cust::error::CudaError;
use cust::sys::CUresult;

/// A closure for `map_err` that says what the driver failed to do.
fn failed(action: &'static str) -> impl FnOnce(CudaError) -> Error {
    move |error| Error::Gpu { action, reason: error.to_string() }
}

/// The driver's own result of doing `action`.
fn succeeded(action: &'static str, result: CUresult) -> Result<()> {
    match result {
        CUresult::CUDA_SUCCESS => Ok(()),
        error => Err(Error::Gpu { action, reason: format!("{error:?}") }),
    }
}
