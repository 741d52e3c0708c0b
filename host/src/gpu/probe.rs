//! The GPUs of this machine.

use super::driver::{best_target, capability, count, failed};
use crate::Result;
use cust::device::Device;
use std::fmt;

/// The GPUs that were found, or the reason why none was.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum GpuReport {
    /// At least one device.
    Found(Vec<GpuInfo>),
    /// None, with the error of the driver or the system.
    None(String),
}

/// A device.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct GpuInfo {
    /// The number to ask for it by, as in `--device cuda:0`.
    pub ordinal: u32,
    /// Its name.
    pub name: String,
    /// Ten times its compute capability.
    pub capability: u32,
    /// Bytes of memory.
    pub memory: u64,
    /// The target of the kernels that run on it; `None` where it is too old.
    pub kernels: Option<u32>,
}

/// Looks for GPUs.
pub fn probe() -> GpuReport {
    match devices() {
        Ok(devices) => GpuReport::Found(devices),
        Err(error) => GpuReport::None(error.to_string()),
    }
}

fn devices() -> Result<Vec<GpuInfo>> {
    (0..count()?).map(info).collect()
}

fn info(ordinal: u32) -> Result<GpuInfo> {
    let device = Device::get_device(ordinal).map_err(failed("open the device"))?;
    let capability = capability(device)?;
    Ok(GpuInfo {
        ordinal,
        name: device.name().map_err(failed("tell its name"))?,
        capability,
        memory: device.total_memory().map_err(failed("tell its memory"))? as u64,
        kernels: best_target(capability),
    })
}

impl fmt::Display for GpuReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None(reason) => write!(f, "{reason}"),
            Self::Found(devices) => {
                let lines: Vec<String> = devices.iter().map(GpuInfo::to_string).collect();
                f.write_str(&lines.join("\n"))
            }
        }
    }
}

impl fmt::Display for GpuInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { ordinal, name, capability, memory, kernels } = self;
        let (major, minor) = (capability / 10, capability % 10);
        write!(f, "cuda:{ordinal}  {name}, compute capability {major}.{minor}, ")?;
        write!(f, "{:.1} GiB, ", *memory as f64 / (1u64 << 30) as f64)?;
        match kernels {
            Some(target) => write!(f, "kernels for sm_{target}"),
            None => write!(f, "too old: 7.5 or newer is needed"),
        }
    }
}
