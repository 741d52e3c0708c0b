//! Kernels, and the sizes that they are launched with.

use crate::error::{CudaResult, ToResult};
use crate::module::Module;
use crate::sys::{self, CUfunction, CUfunction_attribute};
use std::marker::PhantomData;

/// Declares a size in three dimensions.
macro_rules! sizes {
    ($($(#[$docs:meta])* $name:ident)*) => {$(
        $(#[$docs])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct $name {
            /// Extent of the first dimension.
            pub x: u32,
            /// Extent of the second.
            pub y: u32,
            /// Extent of the third.
            pub z: u32,
        }

        impl $name {
            /// A size in one dimension.
            pub fn x(x: u32) -> Self {
                Self { x, y: 1, z: 1 }
            }

            /// A size in two dimensions.
            pub fn xy(x: u32, y: u32) -> Self {
                Self { x, y, z: 1 }
            }

            /// A size in three dimensions.
            pub fn xyz(x: u32, y: u32, z: u32) -> Self {
                Self { x, y, z }
            }
        }

        impl From<u32> for $name {
            fn from(x: u32) -> Self {
                Self::x(x)
            }
        }

        impl From<(u32, u32)> for $name {
            fn from((x, y): (u32, u32)) -> Self {
                Self::xy(x, y)
            }
        }

        impl From<(u32, u32, u32)> for $name {
            fn from((x, y, z): (u32, u32, u32)) -> Self {
                Self::xyz(x, y, z)
            }
        }
    )*};
}

sizes! {
    /// Blocks of a launch.
    GridSize
    /// Threads of a block.
    BlockSize
}

/// An attribute of a kernel, for [`Function::get_attribute`].
#[repr(u32)]
#[non_exhaustive]
#[derive(Debug, Copy, Clone, PartialEq, Eq, Hash)]
pub enum FunctionAttribute {
    /// Threads of a block, at most.
    MaxThreadsPerBlock = 0,
    /// Bytes of shared memory that a block has whatever the launch.
    SharedMemorySizeBytes = 1,
    /// Bytes of local memory that a thread has.
    LocalSizeBytes = 3,
    /// Registers of a thread.
    NumRegisters = 4,
}

/// A kernel of a module.
#[derive(Debug, Clone, Copy)]
pub struct Function<'a> {
    inner: CUfunction,
    module: PhantomData<&'a Module>,
}

// SAFETY: a kernel may be launched from every thread.
unsafe impl Send for Function<'_> {}
// SAFETY: as above.
unsafe impl Sync for Function<'_> {}

impl Function<'_> {
    pub(crate) fn new(inner: CUfunction, _module: &Module) -> Function<'_> {
        Function { inner, module: PhantomData }
    }

    /// An attribute of the kernel.
    ///
    /// # Errors
    ///
    /// Errors of the driver.
    pub fn get_attribute(&self, attr: FunctionAttribute) -> CudaResult<i32> {
        let attribute = match attr {
            FunctionAttribute::MaxThreadsPerBlock => {
                CUfunction_attribute::CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK
            }
            FunctionAttribute::SharedMemorySizeBytes => {
                CUfunction_attribute::CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES
            }
            FunctionAttribute::LocalSizeBytes => {
                CUfunction_attribute::CU_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES
            }
            FunctionAttribute::NumRegisters => CUfunction_attribute::CU_FUNC_ATTRIBUTE_NUM_REGS,
        };
        let mut value = 0;
        // SAFETY: the pointer is valid for a write, and the kernel's module lives.
        unsafe { sys::cuFuncGetAttribute(&raw mut value, attribute, self.inner) }.to_result()?;
        Ok(value)
    }

    /// Blocks of `block_size` threads with so much dynamic shared memory that a multiprocessor can
    /// have at a time.
    ///
    /// # Errors
    ///
    /// Errors of the driver.
    pub fn max_active_blocks_per_multiprocessor(
        &self,
        block_size: BlockSize,
        dynamic_smem_size: usize,
    ) -> CudaResult<u32> {
        let threads = block_size.x.saturating_mul(block_size.y).saturating_mul(block_size.z);
        let threads = i32::try_from(threads).unwrap_or(i32::MAX);
        let mut blocks = 0i32;
        // SAFETY: the pointer is valid for a write, and the kernel's module lives.
        unsafe {
            sys::cuOccupancyMaxActiveBlocksPerMultiprocessor(
                &raw mut blocks,
                self.inner,
                threads,
                dynamic_smem_size,
            )
        }
        .to_result()?;
        Ok(blocks.unsigned_abs())
    }

    /// The kernel as the driver knows it.
    pub fn to_raw(&self) -> CUfunction {
        self.inner
    }
}
