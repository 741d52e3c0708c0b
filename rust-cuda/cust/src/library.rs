//! The driver's library: found, loaded once, and never unloaded.

use crate::sys::Table;
use std::fmt;
use std::sync::OnceLock;

/// The library that the NVIDIA driver installs.
#[cfg(not(windows))]
const LIBRARY: &str = "libcuda.so.1";
/// The library that the NVIDIA driver installs.
#[cfg(windows)]
const LIBRARY: &str = "nvcuda.dll";

/// True if the CUDA driver can be loaded.
///
/// It says nothing about a GPU: [`init`](crate::init) and [`Device`](crate::device::Device) do.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DriverStatus {
    /// The driver is loaded.
    Found {
        /// The name it was loaded by.
        library: String,
    },
    /// There is no driver, or it cannot be loaded.
    NotFound {
        /// The name that was tried.
        library: String,
        /// The dynamic loader's reason.
        reason: String,
    },
}

impl fmt::Display for DriverStatus {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Found { library } => write!(out, "NVIDIA driver loaded ({library})"),
            Self::NotFound { library, reason } => {
                write!(out, "no NVIDIA driver: {library} could not be loaded ({reason})")
            }
        }
    }
}

/// Loads the driver, unless that was tried before, and says whether it could be.
pub fn driver_status() -> DriverStatus {
    let library = LIBRARY.to_owned();
    match table() {
        Ok(_) => DriverStatus::Found { library },
        Err(reason) => DriverStatus::NotFound { library, reason: reason.clone() },
    }
}

/// The driver's functions, or the reason why there are none. It is settled once a process.
pub(crate) fn table() -> &'static Result<Table, String> {
    static TABLE: OnceLock<Result<Table, String>> = OnceLock::new();
    TABLE.get_or_init(|| open(LIBRARY))
}

#[cfg(any(target_os = "linux", windows))]
fn open(name: &str) -> Result<Table, String> {
    let library = load(name).map_err(|error| cause(&error))?;
    let table = Table::of(&library);
    // The table points into it for as long as the process lives.
    std::mem::forget(library);
    Ok(table)
}

#[cfg(not(any(target_os = "linux", windows)))]
fn open(_: &str) -> Result<Table, String> {
    Err("there is no CUDA for this operating system".to_owned())
}

#[cfg(target_os = "linux")]
fn load(name: &str) -> Result<libloading::Library, libloading::Error> {
    use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};

    // SAFETY: loading runs the driver's initialisers, as the system's loader would at the start of
    // a program that is linked with it. RTLD_LOCAL keeps its symbols from other libraries.
    unsafe { Library::open(Some(name), RTLD_NOW | RTLD_LOCAL) }.map(Into::into)
}

#[cfg(windows)]
fn load(name: &str) -> Result<libloading::Library, libloading::Error> {
    use libloading::os::windows::{LOAD_LIBRARY_SEARCH_SYSTEM32, Library};

    // SAFETY: as on Linux. Only the system's folder is searched, so that a file of that name beside
    // a program, or in the working directory, is never taken for the driver.
    unsafe { Library::load_with_flags(name, LOAD_LIBRARY_SEARCH_SYSTEM32) }.map(Into::into)
}

/// The system's own words, which name the library, without those that libloading adds.
#[cfg(any(target_os = "linux", windows))]
fn cause(error: &libloading::Error) -> String {
    std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use crate::sys::CUresult;

    #[test]
    fn a_missing_library_has_a_reason_that_names_it() {
        let reason = open("libno-such-driver.so.1").err().unwrap();
        assert!(reason.contains("libno-such-driver.so.1"), "{reason}");
    }

    /// The C library is loaded in every process, and has none of the driver's functions.
    #[test]
    fn a_library_without_the_functions_has_an_empty_table() {
        let table = open("libc.so.6").unwrap();
        // SAFETY: nothing is called, as nothing was found.
        let result = unsafe { table.cuInit(0) };
        assert_eq!(result, CUresult::CUDA_ERROR_NOT_FOUND);
    }
}
