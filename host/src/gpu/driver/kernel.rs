//! Kernels and their launches, whatever arguments they take.
#![allow(unsafe_code)]

use super::raw::RawStream;
use super::{GpuContext, failed};
use crate::Result;
use bytemuck::Pod;
use cust::error::ToResult;
use cust::sys::{self, CUfunction, CUfunction_attribute};
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

/// How a kernel is launched.
#[derive(Debug, Clone, Copy)]
pub struct Launch {
    /// Blocks, in up to three dimensions.
    pub blocks: [u32; 3],
    /// Threads of a block.
    pub threads: u32,
    /// Bytes of dynamic shared memory of a block, at most what [`GpuKernel::find`] was given.
    pub shared_bytes: u32,
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

impl GpuKernel {
    /// The kernel of this name among those of `gpu-kernels`, no launch of which asks for more than
    /// `most_shared_bytes` bytes of dynamic shared memory a block.
    ///
    /// # Errors
    /// [`crate::Error::NoGpu`] where the device is too old for the kernels; [`crate::Error::Gpu`].
    pub fn find(context: &GpuContext, name: &str, most_shared_bytes: u32) -> Result<Self> {
        let module = context.module()?;
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

    /// Launches the kernel, and does not wait.
    ///
    /// # Errors
    /// [`crate::Error::Gpu`].
    ///
    /// # Safety
    /// There are as many arguments as the kernel has parameters, of their types; what the kernel
    /// does with them is allowed until the work on the stream is done.
    pub unsafe fn launch(&self, launch: Launch, arguments: &[Argument<'_>]) -> Result<()> {
        let Launch { blocks: [x, y, z], threads, shared_bytes, stream } = launch;
        let _current = self.context.enter()?;
        // An argument is nothing but a pointer.
        let pointers = arguments.as_ptr().cast_mut().cast::<*mut c_void>();
        let (function, stream, none) = (self.function, stream.handle(), std::ptr::null_mut());
        // SAFETY: the caller's condition; the driver reads the pointers, and what they point to,
        // before it returns.
        unsafe {
            sys::cuLaunchKernel(
                function,
                x,
                y,
                z,
                threads,
                1,
                1,
                shared_bytes,
                stream,
                pointers,
                none,
            )
        }
        .to_result()
        .map_err(failed("launch a kernel"))
    }
}
