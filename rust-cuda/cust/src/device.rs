//! Devices, and what the driver says of them.

use crate::error::{CudaError, CudaResult, ToResult};
use crate::sys::{self, CUdevice, CUuuid};
use std::ffi::CStr;
use std::ops::Range;

/// An attribute of a device, for [`Device::get_attribute`].
#[repr(u32)]
#[non_exhaustive]
#[derive(Debug, Copy, Clone, PartialEq, Eq, Hash)]
pub enum DeviceAttribute {
    /// Threads of a block, at most.
    MaxThreadsPerBlock = 1,
    /// Threads of a warp.
    WarpSize = 10,
    /// Multiprocessors.
    MultiprocessorCount = 16,
    /// Bytes of the second-level cache.
    L2CacheSize = 38,
    /// Threads resident on a multiprocessor, at most.
    MaxThreadsPerMultiprocessor = 39,
    /// The 9 of compute capability 9.0.
    ComputeCapabilityMajor = 75,
    /// The 0 of compute capability 9.0.
    ComputeCapabilityMinor = 76,
    /// Bytes of shared memory of a multiprocessor.
    MaxSharedMemoryPerMultiprocessor = 81,
    /// 32-bit registers of a multiprocessor.
    MaxRegistersPerMultiprocessor = 82,
}

/// A device.
#[derive(Debug, Clone, Copy, Hash, Eq, PartialEq)]
pub struct Device {
    pub(crate) device: CUdevice,
}

impl Device {
    /// The number of devices.
    ///
    /// # Errors
    ///
    /// Errors of the driver.
    pub fn num_devices() -> CudaResult<u32> {
        let mut count = 0i32;
        // SAFETY: the pointer is valid for a write.
        unsafe { sys::cuDeviceGetCount(&raw mut count) }.to_result()?;
        Ok(count.unsigned_abs())
    }

    /// The device with this number, below [`Device::num_devices`].
    ///
    /// # Errors
    ///
    /// [`CudaError::InvalidDevice`] where there is none of it; those of the driver.
    pub fn get_device(ordinal: u32) -> CudaResult<Self> {
        let ordinal = i32::try_from(ordinal).map_err(|_| CudaError::InvalidDevice)?;
        let mut device = 0;
        // SAFETY: the pointer is valid for a write.
        unsafe { sys::cuDeviceGet(&raw mut device, ordinal) }.to_result()?;
        Ok(Self { device })
    }

    /// All devices.
    ///
    /// # Errors
    ///
    /// Errors of the driver.
    pub fn devices() -> CudaResult<Devices> {
        Self::num_devices().map(|count| Devices { range: 0..count })
    }

    /// Bytes of memory on the device.
    ///
    /// # Errors
    ///
    /// Errors of the driver.
    pub fn total_memory(self) -> CudaResult<usize> {
        let mut bytes = 0;
        // SAFETY: the pointer is valid for a write.
        unsafe { sys::cuDeviceTotalMem_v2(&raw mut bytes, self.device) }.to_result()?;
        Ok(bytes)
    }

    /// The device's name.
    ///
    /// # Errors
    ///
    /// Errors of the driver.
    pub fn name(self) -> CudaResult<String> {
        let mut name = [0u8; 256];
        // One byte is kept back, so that the name ends whatever the driver wrote.
        let len = name.len() as i32 - 1;
        // SAFETY: the pointer is valid for `len` bytes.
        unsafe { sys::cuDeviceGetName(name.as_mut_ptr().cast(), len, self.device) }.to_result()?;
        let name = CStr::from_bytes_until_nul(&name).map_err(|_| CudaError::UnknownError)?;
        Ok(name.to_string_lossy().into_owned())
    }

    /// The 16 bytes that identify the device, or the part of one that it is, wherever it is
    /// plugged in and whatever its number.
    ///
    /// # Errors
    ///
    /// Errors of the driver.
    pub fn uuid(self) -> CudaResult<[u8; 16]> {
        let mut uuid = CUuuid::default();
        // SAFETY: the pointer is valid for a write.
        let mut result = unsafe { sys::cuDeviceGetUuid_v2(&raw mut uuid, self.device) }.to_result();
        if result == Err(CudaError::NotFound) {
            // Drivers before CUDA 11.4 have the function that knows nothing of parts.
            // SAFETY: as above.
            result = unsafe { sys::cuDeviceGetUuid(&raw mut uuid, self.device) }.to_result();
        }
        // A `c_char` is signed or not, as the platform likes.
        result.map(|()| uuid.bytes.map(|byte| byte as u8))
    }

    /// An attribute of the device.
    ///
    /// # Errors
    ///
    /// Errors of the driver.
    pub fn get_attribute(self, attr: DeviceAttribute) -> CudaResult<i32> {
        let mut value = 0;
        // SAFETY: the pointer is valid for a write.
        unsafe { sys::cuDeviceGetAttribute(&raw mut value, attr as u32, self.device) }
            .to_result()?;
        Ok(value)
    }

    /// The device as the driver knows it.
    pub fn as_raw(&self) -> CUdevice {
        self.device
    }
}

/// All devices, see [`Device::devices`].
#[derive(Debug, Clone)]
pub struct Devices {
    range: Range<u32>,
}

impl Iterator for Devices {
    type Item = CudaResult<Device>;

    fn next(&mut self) -> Option<CudaResult<Device>> {
        self.range.next().map(Device::get_device)
    }
}
