//! The number of devices, and the properties of one.

use super::failed;
use crate::{Error, Result};
use cust::CudaFlags;
use cust::DriverStatus;
use cust::device::{Device, DeviceAttribute};

/// The properties of a device.
#[derive(Debug, Clone)]
pub struct DeviceFacts {
    pub ordinal: u32,
    pub name: String,
    /// Ten times the compute capability.
    pub capability: u32,
    pub multiprocessors: u32,
    /// Bytes of shared memory of each multiprocessor.
    pub shared_bytes: u32,
}

impl DeviceFacts {
    /// Queries the driver.
    pub fn of(device: Device, ordinal: u32) -> Result<Self> {
        Ok(Self {
            ordinal,
            name: device.name().map_err(failed("tell its name"))?,
            capability: capability(device)?,
            multiprocessors: attribute(device, DeviceAttribute::MultiprocessorCount)?,
            shared_bytes: attribute(device, DeviceAttribute::MaxSharedMemoryPerMultiprocessor)?,
        })
    }
}

/// The number of devices; an error that says why where the driver cannot be used.
pub fn count() -> Result<u32> {
    let unusable = |error: cust::error::CudaError| match cust::driver_status() {
        status @ DriverStatus::NotFound { .. } => Error::NoGpu { reason: status.to_string() },
        _ => Error::NoGpu { reason: error.to_string() },
    };
    cust::init(CudaFlags::empty()).map_err(unusable)?;
    match Device::num_devices().map_err(unusable)? {
        0 => Err(Error::NoGpu { reason: "the driver knows no device".into() }),
        count => Ok(count),
    }
}

/// The device with this number.
pub fn by_ordinal(ordinal: u32) -> Result<Device> {
    let count = count()?;
    if ordinal >= count {
        let reason = format!("there is no device {ordinal}, there are {count}");
        return Err(Error::NoGpu { reason });
    }
    Device::get_device(ordinal).map_err(failed("open the device"))
}

/// The number of the first device for which `is_it` holds; `None` where there is no such device.
pub fn find(is_it: impl Fn(Device) -> Result<bool>) -> Result<Option<u32>> {
    for ordinal in 0..count()? {
        if is_it(by_ordinal(ordinal)?)? {
            return Ok(Some(ordinal));
        }
    }
    Ok(None)
}

/// Ten times the compute capability.
pub fn capability(device: Device) -> Result<u32> {
    let major = attribute(device, DeviceAttribute::ComputeCapabilityMajor)?;
    Ok(10 * major + attribute(device, DeviceAttribute::ComputeCapabilityMinor)?)
}

fn attribute(device: Device, attribute: DeviceAttribute) -> Result<u32> {
    device
        .get_attribute(attribute)
        .map(i32::unsigned_abs)
        .map_err(failed("tell an attribute of the device"))
}
