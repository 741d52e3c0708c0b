//! The kernels' PTX and its loading.

use super::failed;
use crate::{Error, Result};
use cust::module::{Module, ModuleJitOption};

const SM_75: &str = include_str!(concat!(env!("OUT_DIR"), "/kernels_sm_75.ptx"));
const SM_80: &str = include_str!(concat!(env!("OUT_DIR"), "/kernels_sm_80.ptx"));
const SM_90: &str = include_str!(concat!(env!("OUT_DIR"), "/kernels_sm_90.ptx"));

/// The kernels for each target they are compiled for, the newest first: ten times the compute capability, and the PTX.
pub fn ptx_variants() -> &'static [(u32, &'static str)] {
    &[(90, SM_90), (80, SM_80), (75, SM_75)]
}

/// The newest target that a device of this compute capability (times ten) supports.
pub fn best_target(capability: u32) -> Option<&'static (u32, &'static str)> {
    ptx_variants().iter().find(|(target, _)| *target <= capability)
}

/// Loads the kernels into the current context; the driver compiles them, and caches what it compiled.
pub fn load(capability: u32) -> Result<Module> {
    let (_, ptx) = best_target(capability).ok_or_else(|| Error::NoGpu {
        reason: format!(
            "its compute capability is {}.{}, 7.5 or newer is needed",
            capability / 10,
            capability % 10
        ),
    })?;
    Module::from_ptx(ptx, &[] as &[ModuleJitOption]).map_err(failed("load the kernels"))
}
