//! Memory of the device, and memory of the host that the device copies from and to by itself.

use crate::error::{CudaError, CudaResult, ToResult};
use crate::sys::{self, CUdeviceptr};
use std::marker::PhantomData;

/// Types whose values mean the same on the device.
///
/// # Safety
///
/// Copies of their bytes are values, and hold no reference to host memory.
pub unsafe trait DeviceCopy: Copy {}

macro_rules! device_copy {
    ($($type:ty)*) => {$(
        // SAFETY: plain numbers.
        unsafe impl DeviceCopy for $type {}
    )*};
}

device_copy! { u8 u16 u32 u64 usize i8 i16 i32 i64 isize f32 f64 }

/// An address of a `T` on the device.
#[repr(transparent)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DevicePointer<T: DeviceCopy> {
    ptr: CUdeviceptr,
    marker: PhantomData<*mut T>,
}

// SAFETY: an address, which arguments of kernels may be.
unsafe impl<T: DeviceCopy> DeviceCopy for DevicePointer<T> {}

impl<T: DeviceCopy> DevicePointer<T> {
    /// The address.
    pub fn as_raw(&self) -> CUdeviceptr {
        self.ptr
    }

    /// A pointer to this address.
    pub fn from_raw(ptr: CUdeviceptr) -> Self {
        Self { ptr, marker: PhantomData }
    }

    /// Returns whether it is the null address.
    pub fn is_null(self) -> bool {
        self.ptr == 0
    }

    /// The null address.
    pub fn null() -> Self {
        Self::from_raw(0)
    }
}

/// Allocates device memory for `count` values, uninitialised, aligned to 256 bytes.
///
/// # Errors
///
/// [`CudaError::InvalidMemoryAllocation`] for no bytes, or more than can be counted;
/// [`CudaError::OutOfMemory`]; those of the driver.
///
/// # Safety
///
/// The memory is written to before it is read.
pub unsafe fn cuda_malloc<T: DeviceCopy>(count: usize) -> CudaResult<DevicePointer<T>> {
    let size = bytes_of::<T>(count)?;
    let mut address = 0;
    // SAFETY: the pointer is valid for a write.
    unsafe { sys::cuMemAlloc_v2(&raw mut address, size) }.to_result()?;
    Ok(DevicePointer::from_raw(address))
}

/// Frees device memory.
///
/// # Errors
///
/// [`CudaError::InvalidMemoryAllocation`] for the null address; those of the driver.
///
/// # Safety
///
/// The pointer came from [`cuda_malloc`] in the context that is current now, was not freed before,
/// and nothing uses the memory any more.
pub unsafe fn cuda_free<T: DeviceCopy>(ptr: DevicePointer<T>) -> CudaResult<()> {
    if ptr.is_null() {
        return Err(CudaError::InvalidMemoryAllocation);
    }
    // SAFETY: the caller's condition.
    unsafe { sys::cuMemFree_v2(ptr.as_raw()) }.to_result()
}

/// Allocates host memory for `count` values that the device reaches by itself, uninitialised.
///
/// # Errors
///
/// As [`cuda_malloc`].
///
/// # Safety
///
/// The memory is written to before it is read.
pub unsafe fn cuda_malloc_locked<T>(count: usize) -> CudaResult<*mut T> {
    let size = bytes_of::<T>(count)?;
    let mut pointer = std::ptr::null_mut();
    // SAFETY: the pointer is valid for a write.
    unsafe { sys::cuMemAllocHost_v2(&raw mut pointer, size) }.to_result()?;
    Ok(pointer.cast())
}

/// Frees host memory of [`cuda_malloc_locked`].
///
/// # Errors
///
/// [`CudaError::InvalidMemoryAllocation`] for the null pointer; those of the driver.
///
/// # Safety
///
/// As [`cuda_free`].
pub unsafe fn cuda_free_locked<T>(ptr: *mut T) -> CudaResult<()> {
    if ptr.is_null() {
        return Err(CudaError::InvalidMemoryAllocation);
    }
    // SAFETY: the caller's condition.
    unsafe { sys::cuMemFreeHost(ptr.cast()) }.to_result()
}

/// Bytes of device memory that are free, and all that there are.
///
/// # Errors
///
/// Errors of the driver.
pub fn mem_get_info() -> CudaResult<(usize, usize)> {
    let (mut free, mut total) = (0, 0);
    // SAFETY: the pointers are valid for a write.
    unsafe { sys::cuMemGetInfo_v2(&raw mut free, &raw mut total) }.to_result()?;
    Ok((free, total))
}

/// Bytes of `count` values, if there are any.
fn bytes_of<T>(count: usize) -> CudaResult<usize> {
    match count.checked_mul(size_of::<T>()) {
        None | Some(0) => Err(CudaError::InvalidMemoryAllocation),
        Some(bytes) => Ok(bytes),
    }
}
