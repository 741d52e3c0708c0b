//! Modules: compiled kernels, loaded into a context.

use crate::error::{CudaError, CudaResult, ToResult};
use crate::function::Function;
use crate::sys::{self, CUjit_option, CUmodule};
use std::ffi::{CStr, CString, c_void};

/// Kernels in the context that was current when they were loaded.
#[derive(Debug)]
pub struct Module {
    inner: CUmodule,
}

// SAFETY: a module may be used from every thread.
unsafe impl Send for Module {}
// SAFETY: as above; nothing here changes it.
unsafe impl Sync for Module {}

/// An option for the compiler in the driver.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ModuleJitOption {
    /// Registers of a thread, at most.
    MaxRegisters(u32),
    /// True if to make debug information.
    GenenerateDebugInfo(bool),
    /// True if to keep line numbers.
    GenerateLineInfo(bool),
}

impl ModuleJitOption {
    /// The options in the driver's form: their numbers, and their values in place of the pointers
    /// in the driver's declaration.
    pub fn into_raw(opts: &[Self]) -> (Vec<CUjit_option>, Vec<*mut c_void>) {
        let raw = |option: &Self| match *option {
            Self::MaxRegisters(count) => (CUjit_option::CU_JIT_MAX_REGISTERS, count as usize),
            Self::GenenerateDebugInfo(on) => {
                (CUjit_option::CU_JIT_GENERATE_DEBUG_INFO, usize::from(on))
            }
            Self::GenerateLineInfo(on) => {
                (CUjit_option::CU_JIT_GENERATE_LINE_INFO, usize::from(on))
            }
        };
        let by_value = |(option, value)| (option, std::ptr::without_provenance_mut(value));
        opts.iter().map(raw).map(by_value).unzip()
    }
}

impl Module {
    /// Compiles PTX for the current context's device, and loads it. The driver keeps what it
    /// compiled, for the next process.
    ///
    /// # Errors
    ///
    /// [`CudaError::InvalidPtx`] where it is not PTX; those of the driver.
    pub fn from_ptx<T: AsRef<str>>(string: T, options: &[ModuleJitOption]) -> CudaResult<Self> {
        let ptx = CString::new(string.as_ref()).map_err(|_| CudaError::InvalidPtx)?;
        Self::from_ptx_cstr(&ptx, options)
    }

    /// As [`Module::from_ptx`].
    ///
    /// # Errors
    ///
    /// As [`Module::from_ptx`].
    pub fn from_ptx_cstr(cstr: &CStr, options: &[ModuleJitOption]) -> CudaResult<Self> {
        let (mut options, mut values) = ModuleJitOption::into_raw(options);
        let mut inner = std::ptr::null_mut();
        // SAFETY: the pointer is valid for a write, the image ends with a zero, and there are as
        // many values as options.
        unsafe {
            sys::cuModuleLoadDataEx(
                &raw mut inner,
                cstr.as_ptr().cast(),
                options.len() as u32,
                options.as_mut_ptr(),
                values.as_mut_ptr(),
            )
        }
        .to_result()?;
        Ok(Self { inner })
    }

    /// The kernel of this name.
    ///
    /// # Errors
    ///
    /// [`CudaError::NotFound`] where there is none; those of the driver.
    pub fn get_function<T: AsRef<str>>(&self, name: T) -> CudaResult<Function<'_>> {
        let name = CString::new(name.as_ref()).map_err(|_| CudaError::NotFound)?;
        let mut function = std::ptr::null_mut();
        // SAFETY: the pointer is valid for a write, the module lives, and the name is a C string.
        unsafe { sys::cuModuleGetFunction(&raw mut function, self.inner, name.as_ptr()) }
            .to_result()?;
        Ok(Function::new(function, self))
    }
}

impl Drop for Module {
    fn drop(&mut self) {
        // An error means that the context is gone, and its modules.
        // SAFETY: the module was loaded with this value, and is not used again.
        unsafe { sys::cuModuleUnload(self.inner) };
    }
}
