//! Kernels and their launches, whatever arguments they take.
#![allow(unsafe_code)]

use super::ptx::Image;
use super::raw::RawStream;
use super::{GpuContext, failed};
use crate::Result;
use bytemuck::Pod;
use cust::error::ToResult;
use cust::sys::{
    self, CUfunction, CUfunction_attribute, CUlaunchAttribute, CUlaunchAttributeID, CUlaunchConfig,
};
use std::ffi::c_void;
use std::marker::PhantomData;

/// Bytes of dynamic shared memory that a block may have without asking.
const UNASKED_SHARED_BYTES: u32 = 48 << 10;

/// A kernel, loaded into a context.
#[derive(Clone)]
pub struct GpuKernel {
    function: CUfunction,
    // Its module is the context's.
    context: GpuContext,
}

// SAFETY: the driver's handles may be used on any thread.
unsafe impl Send for GpuKernel {}
// SAFETY: as above; nothing changes it.
unsafe impl Sync for GpuKernel {}

/// The configuration of a launch.
#[derive(Debug, Clone, Copy)]
pub struct Launch {
    /// Blocks, in up to three dimensions.
    pub blocks: [u32; 3],
    /// Threads of a block.
    pub threads: u32,
    /// Bytes of dynamic shared memory of a block, at most what [`GpuKernel::find`] was given.
    pub shared_bytes: u32,
    /// True if it may begin before the kernel before it in the stream is done, from sm_90 on: the
    /// kernel itself waits before it reads or writes anything that others write or read.
    pub overlaps: bool,
    /// A stream of the kernel's context.
    pub stream: RawStream,
}

/// An argument of a kernel, which is copied when it is launched.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Argument<'a> {
    value: *mut c_void,
    borrowed: PhantomData<&'a ()>,
}

impl<'a> Argument<'a> {
    /// The value as the kernel's parameter has it: an address as a `u64`, a number, or a structure.
    pub fn new<T: Pod>(value: &'a T) -> Self {
        // The driver only reads through it.
        Self { value: std::ptr::from_ref(value).cast_mut().cast(), borrowed: PhantomData }
    }
}

/// The launch attribute that [`Launch::overlaps`] stands for.
fn overlap() -> CUlaunchAttribute {
    let mut value = [0; 16];
    value[0] = 1;
    let id = CUlaunchAttributeID::CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION;
    CUlaunchAttribute { id, pad: [0; 4], value }
}

impl GpuKernel {
    /// The kernel of this name among those of `gpu-kernels`, no launch of which asks for more than
    /// `most_shared_bytes` bytes of dynamic shared memory a block.
    ///
    /// # Errors
    /// [`crate::Error::NoGpu`] where the device is too old for the kernels; [`crate::Error::Gpu`].
    pub fn find(
        context: &GpuContext,
        image: Image,
        name: &str,
        most_shared_bytes: u32,
    ) -> Result<Self> {
        let module = context.module(image)?;
        let _current = context.enter()?;
        let function = module.get_function(name).map_err(failed("find a kernel"))?.to_raw();
        let this = Self { function, context: context.clone() };
        if most_shared_bytes > UNASKED_SHARED_BYTES {
            this.allow_shared_memory(most_shared_bytes)?;
        }
        Ok(this)
    }

    fn allow_shared_memory(&self, bytes: u32) -> Result<()> {
        let attribute = CUfunction_attribute::CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES;
        let bytes = i32::try_from(bytes).unwrap_or(i32::MAX);
        // SAFETY: the handle is that of a function whose module is loaded.
        unsafe { sys::cuFuncSetAttribute(self.function, attribute, bytes) }
            .to_result()
            .map_err(failed("give blocks their shared memory"))
    }

    /// Launches the kernel, unless there are no blocks, and does not wait.
    ///
    /// # Errors
    /// [`crate::Error::Gpu`].
    ///
    /// # Safety
    /// There are as many arguments as the kernel has parameters, of their types; the kernel's
    /// accesses are allowed until the work on the stream is done.
    pub unsafe fn launch(&self, launch: Launch, arguments: &[Argument<'_>]) -> Result<()> {
        if launch.blocks.contains(&0) {
            return Ok(());
        }
        let _current = self.context.enter()?;
        let mut attribute = overlap();
        let [x, y, z] = launch.blocks;
        let config = CUlaunchConfig {
            gridDimX: x,
            gridDimY: y,
            gridDimZ: z,
            blockDimX: launch.threads,
            blockDimY: 1,
            blockDimZ: 1,
            sharedMemBytes: launch.shared_bytes,
            hStream: launch.stream.handle(),
            attrs: &raw mut attribute,
            numAttrs: launch.overlaps.into(),
        };
        // An argument is nothing but a pointer.
        let pointers = arguments.as_ptr().cast_mut().cast::<*mut c_void>();
        let none = std::ptr::null_mut();
        // SAFETY: the caller's condition; the driver reads the structure, the pointers, and what
        // they point to, before it returns.
        unsafe { sys::cuLaunchKernelEx(&raw const config, self.function, pointers, none) }
            .to_result()
            .map_err(failed("launch a kernel"))
    }
}
