//! The kernels' PTX and its loading.
#![allow(unsafe_code)]

use super::stream::RawStream;
use super::{failed, succeeded};
use crate::{Error, Result};
use cust::module::{Module, ModuleJitOption};
use cust::sys::{
    CUfunction, CUfunction_attribute as Attribute, cuFuncSetAttribute, cuLaunchKernel,
};
use std::collections::BTreeMap;
use wcodec_kernels::launch::{BLOCK_WARPS, Kernel};

const SM_75: &str = include_str!(concat!(env!("OUT_DIR"), "/kernels_sm_75.ptx"));
const SM_80: &str = include_str!(concat!(env!("OUT_DIR"), "/kernels_sm_80.ptx"));

/// The kernels for each target they are compiled for, the newest first: ten times the compute capability, and the PTX.
pub fn ptx_variants() -> &'static [(u32, &'static str)] {
    &[(80, SM_80), (75, SM_75)]
}

/// The newest target that a device of this compute capability (times ten) supports.
pub fn best_target(capability: u32) -> Option<&'static (u32, &'static str)> {
    ptx_variants().iter().find(|(target, _)| *target <= capability)
}

/// What a device works with.
#[derive(Clone, Copy)]
pub struct Multiprocessors {
    pub count: u32,
    /// Bytes of shared memory of each.
    pub shared_bytes: u32,
}

/// The kernels, loaded into a context.
pub struct Kernels {
    functions: BTreeMap<&'static str, CUfunction>,
    multiprocessors: Multiprocessors,
    // The functions are its own.
    _module: Module,
}

// SAFETY: the driver's handles may be used on any thread.
unsafe impl Send for Kernels {}
// SAFETY: as above; nothing changes them.
unsafe impl Sync for Kernels {}

impl Kernels {
    /// Loads the kernels into the current context, that of a device with this compute capability (times ten); the driver
    /// compiles them, and caches what it compiled.
    pub fn load(capability: u32, multiprocessors: Multiprocessors) -> Result<Self> {
        let (_, ptx) = best_target(capability).ok_or_else(|| Error::NoGpu {
            reason: format!(
                "its compute capability is {}.{}, 7.5 or newer is needed",
                capability / 10,
                capability % 10
            ),
        })?;
        let module =
            Module::from_ptx(ptx, &[] as &[ModuleJitOption]).map_err(failed("load the kernels"))?;
        let mut functions = BTreeMap::new();
        for kernel in Kernel::ALL {
            let function = module.get_function(kernel.name).map_err(failed("find a kernel"))?;
            allow_shared_memory(
                function.to_raw(),
                kernel.most_shared_bytes(multiprocessors.shared_bytes),
            )?;
            functions.insert(kernel.name, function.to_raw());
        }
        Ok(Self { functions, multiprocessors, _module: module })
    }

    /// Launches a kernel: `blocks` blocks, with the arguments that its entry point takes.
    ///
    /// # Safety
    /// As the entry points in `gpu-kernels/src/kernels.rs`; the stream is one of the current context.
    pub unsafe fn launch(
        &self,
        kernel: &Kernel,
        blocks: u32,
        mut arguments: [u64; 3],
        stream: RawStream,
    ) -> Result<()> {
        let function = self.functions[kernel.name];
        let mut pointers = arguments.each_mut().map(|argument| std::ptr::from_mut(argument).cast());
        let Multiprocessors { count, shared_bytes } = self.multiprocessors;
        let shared = kernel.shared_bytes(shared_bytes, blocks.div_ceil(count));
        let threads = 32 * BLOCK_WARPS;
        let (pointers, none) = (pointers.as_mut_ptr(), std::ptr::null_mut());
        let stream = stream.handle();
        // SAFETY: the caller's condition; every kernel takes three addresses.
        let result = unsafe {
            cuLaunchKernel(function, blocks, 1, 1, threads, 1, 1, shared, stream, pointers, none)
        };
        succeeded("launch a kernel", result)
    }
}

/// Bytes of dynamic shared memory that a block may have without asking.
const UNASKED_SHARED_BYTES: u32 = 48 << 10;

/// Lets blocks of a kernel have `bytes` bytes of dynamic shared memory.
fn allow_shared_memory(function: CUfunction, bytes: u32) -> Result<()> {
    if bytes <= UNASKED_SHARED_BYTES {
        return Ok(());
    }
    let attribute = Attribute::CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES;
    // SAFETY: the handle is that of a function whose module is loaded.
    let result = unsafe { cuFuncSetAttribute(function, attribute, bytes as i32) };
    succeeded("give blocks their shared memory", result)
}
