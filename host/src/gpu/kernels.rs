//! The kernels' PTX and its loading.
#![allow(unsafe_code)]

use super::failed;
use crate::{Error, Result};
use cust::function::Function;
use cust::module::{Module, ModuleJitOption};
use cust::sys::{CUfunction_attribute as Attribute, CUresult, cuFuncSetAttribute};

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

/// Bytes of dynamic shared memory that a block may have without asking.
const UNASKED_SHARED_BYTES: u32 = 48 << 10;

/// Lets blocks of a kernel have `bytes` bytes of dynamic shared memory.
pub fn allow_shared_memory(function: &Function<'_>, bytes: u32) -> Result<()> {
    if bytes <= UNASKED_SHARED_BYTES {
        return Ok(());
    }
    let attribute = Attribute::CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES;
    // SAFETY: the handle is that of a function whose module is loaded.
    match unsafe { cuFuncSetAttribute(function.to_raw(), attribute, bytes as i32) } {
        CUresult::CUDA_SUCCESS => Ok(()),
        error => Err(Error::Gpu {
            action: "give a block its shared memory",
            reason: format!("{error:?} for {bytes} bytes"),
        }),
    }
}
