//! The allocator of device memory.
#![allow(unsafe_code)]

use super::failed;
use crate::{Error, Result};
use cust::error::CudaError;
use cust::memory::{DevicePointer, cuda_free, cuda_malloc};

/// Allocates device memory, from a pool that a program already has for instance.
///
/// Both functions are called with the device's context current, from any thread.
///
/// # Safety
/// Memory that was given is on that device, as long as was asked for, aligned to 256 bytes, and
/// neither given twice nor used by anything else until it is freed. Work on the device that used
/// it before is done.
pub unsafe trait GpuAllocator: Send + Sync {
    /// The address of `bytes` bytes, at least one.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`] where there is too little left; any other error.
    fn allocate(&self, bytes: u64) -> Result<u64>;

    /// Frees memory that [`GpuAllocator::allocate`] returned for `bytes`. All work that used it is
    /// done.
    ///
    /// # Safety
    /// `address` was given for `bytes` by this allocator, and is freed once.
    unsafe fn free(&self, address: u64, bytes: u64);
}

/// The driver's own allocation.
pub struct DriverAllocator;

/// The error where `bytes` bytes of device memory are not free.
pub fn out_of_memory(bytes: u64) -> Error {
    Error::OutOfMemory { what: "the GPU", bytes }
}

// SAFETY: the driver gives memory of the current context, aligned to 256 bytes, to one caller at a
// time.
unsafe impl GpuAllocator for DriverAllocator {
    fn allocate(&self, bytes: u64) -> Result<u64> {
        let count = usize::try_from(bytes).map_err(|_| out_of_memory(bytes))?;
        // SAFETY: bytes have no invalid values, whatever the memory held before.
        match unsafe { cuda_malloc::<u8>(count) } {
            Ok(pointer) => Ok(pointer.as_raw()),
            Err(CudaError::OutOfMemory) => Err(out_of_memory(bytes)),
            Err(error) => Err(failed("allocate memory")(error)),
        }
    }

    unsafe fn free(&self, address: u64, _bytes: u64) {
        // Where that fails the context is gone, and its memory.
        // SAFETY: the caller's condition.
        let _ = unsafe { cuda_free(DevicePointer::<u8>::from_raw(address)) };
    }
}
