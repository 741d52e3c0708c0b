//! The CUDA driver from Rust, as far as this project uses it.
//!
//! Names, module paths and signatures are those of Rust-CUDA's `cust`. What differs is how the
//! driver is reached: it is loaded at run time, on first use, into a table of function pointers
//! that is private to this crate. So nothing is needed at build time, a program starts where
//! there is no driver, and no `cu*` symbol is defined that another library could be linked with.
//!
//! Without a driver every function fails with [`CudaError::NoDevice`](error::CudaError);
//! [`driver_status`] says why.
//!
//! ```
//! use cust::{CudaFlags, device::Device};
//!
//! match cust::init(CudaFlags::empty()).and_then(|()| Device::num_devices()) {
//!     Ok(count) => println!("{count} devices"),
//!     Err(error) => println!("{error}: {}", cust::driver_status()),
//! }
//! ```

pub mod context;
pub mod device;
pub mod error;
pub mod event;
pub mod function;
mod library;
pub mod memory;
pub mod module;
pub mod stream;
pub mod sys;

pub use library::{DriverStatus, driver_status};

use error::{CudaResult, ToResult};

bitflags::bitflags! {
    /// Flags for [`init`]. There are none today.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct CudaFlags: u32 {
        #[doc(hidden)]
        const _ZERO = 0;
    }
}

/// Loads the driver and initialises it. Everything else fails before that; a second call is free.
///
/// # Errors
///
/// [`CudaError::NoDevice`](error::CudaError::NoDevice) without a driver or a GPU; whatever else
/// the driver says.
pub fn init(flags: CudaFlags) -> CudaResult<()> {
    // SAFETY: the function has no precondition.
    unsafe { sys::cuInit(flags.bits()) }.to_result()
}

/// A version of the driver's interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CudaApiVersion {
    version: i32,
}

impl CudaApiVersion {
    /// The newest version of CUDA that the installed driver supports.
    ///
    /// # Errors
    ///
    /// Errors of the driver.
    pub fn get() -> CudaResult<Self> {
        let mut version = 0;
        // SAFETY: the pointer is valid for a write.
        unsafe { sys::cuDriverGetVersion(&raw mut version) }.to_result()?;
        Ok(Self { version })
    }

    /// The 12 of 12.4.
    pub fn major(self) -> i32 {
        self.version / 1000
    }

    /// The 4 of 12.4.
    pub fn minor(self) -> i32 {
        self.version % 1000 / 10
    }
}

mod private {
    /// Keeps other crates from implementing a trait.
    pub trait Sealed {}
}

#[cfg(test)]
mod tests {
    use super::CudaApiVersion;

    #[test]
    fn a_version_is_taken_apart() {
        let version = CudaApiVersion { version: 12040 };
        assert_eq!((version.major(), version.minor()), (12, 4));
    }
}
