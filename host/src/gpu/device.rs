//! A device, its context and its kernels.

use super::failed;
use super::kernels::{Kernels, Multiprocessors};
use crate::{Error, Result};
use cust::CudaFlags;
use cust::context::{Context, CurrentContext};
use cust::device::{Device, DeviceAttribute};

/// An open device. Its primary context is the one that PyTorch and the CUDA runtime use as well.
pub struct OpenDevice {
    pub kernels: Kernels,
    context: Context,
    pub ordinal: u32,
    pub name: String,
}

impl OpenDevice {
    /// Opens the device with this ordinal and loads the kernels.
    pub fn open(ordinal: u32) -> Result<Self> {
        let count = count()?;
        if ordinal >= count {
            return Err(Error::NoGpu {
                reason: format!("there is no device {ordinal}, there are {count}"),
            });
        }
        let device = Device::get_device(ordinal).map_err(failed("open the device"))?;
        let context = Context::new(device).map_err(failed("create a context"))?;
        let multiprocessors = Multiprocessors {
            count: attribute(device, DeviceAttribute::MultiprocessorCount)?,
            shared_bytes: attribute(device, DeviceAttribute::MaxSharedMemoryPerMultiprocessor)?,
        };
        let kernels = Kernels::load(capability(device)?, multiprocessors)?;
        let name = device.name().map_err(failed("tell its name"))?;
        Ok(Self { kernels, context, ordinal, name })
    }

    /// Makes the device's context the calling thread's.
    pub fn make_current(&self) -> Result<()> {
        CurrentContext::set_current(&self.context).map_err(failed("set its context"))
    }
}

/// The number of devices; an error that says why where the driver cannot be used.
pub fn count() -> Result<u32> {
    let unusable = |error: cust::error::CudaError| match cuda_driver::status() {
        status @ cuda_driver::DriverStatus::NotFound { .. } => {
            Error::NoGpu { reason: status.to_string() }
        }
        _ => Error::NoGpu { reason: error.to_string() },
    };
    cust::init(CudaFlags::empty()).map_err(unusable)?;
    match Device::num_devices().map_err(unusable)? {
        0 => Err(Error::NoGpu { reason: "the driver knows no device".into() }),
        count => Ok(count),
    }
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
