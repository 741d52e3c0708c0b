//! `libcuda`, and the functions found in it.

use crate::{
    abi::{CUresult, c_void},
    result::{CUDA_ERROR_NO_DEVICE, CUDA_ERROR_NOT_FOUND},
};
use std::{ffi::CStr, fmt, ptr::NonNull, sync::OnceLock};

/// What the driver installs, found by the dynamic loader's rules.
const LIBRARY: &CStr = c"libcuda.so.1";

/// Whether the CUDA driver is there.
///
/// That it is says nothing about a GPU: `cust::init` and `cust::device::Device` do.
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
        /// What the dynamic loader said.
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

/// Loads the driver, unless that was tried before, and says whether it is there.
pub fn status() -> DriverStatus {
    let library = LIBRARY.to_string_lossy().into_owned();
    match handle() {
        Ok(_) => DriverStatus::Found { library },
        Err(reason) => DriverStatus::NotFound { library, reason: reason.clone() },
    }
}

/// A pointer from the dynamic loader, either a library's handle or a function.
#[derive(Clone, Copy, Debug)]
pub struct Loaded(NonNull<c_void>);

// SAFETY: the pointer is never dereferenced as data; handles and functions of the dynamic
// loader may be used from every thread, and the library is never unloaded.
unsafe impl Send for Loaded {}
// SAFETY: as for `Send`.
unsafe impl Sync for Loaded {}

impl Loaded {
    /// The pointer itself, never null.
    pub fn as_ptr(self) -> *mut c_void {
        self.0.as_ptr()
    }
}

/// The loaded library, or the loader's reason. It is asked once in the life of the process.
fn handle() -> &'static Result<Loaded, String> {
    static HANDLE: OnceLock<Result<Loaded, String>> = OnceLock::new();
    HANDLE.get_or_init(|| open(LIBRARY))
}

fn open(name: &CStr) -> Result<Loaded, String> {
    // SAFETY: `name` is a C string. Loading runs the library's initialisers, which is what the
    // dynamic linker would have done at the start of a program linked with it.
    let handle = unsafe { libc::dlopen(name.as_ptr(), libc::RTLD_NOW | libc::RTLD_LOCAL) };
    NonNull::new(handle).map(Loaded).ok_or_else(last_error)
}

/// What the loader last complained of in this thread.
fn last_error() -> String {
    // SAFETY: it has no precondition.
    let text = unsafe { libc::dlerror() };
    if text.is_null() {
        return "no reason given".to_owned();
    }
    // SAFETY: not null, so it is a C string, which stays until this thread's next `dl*` call.
    unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned()
}

/// A function of the driver, looked up once.
pub struct Symbol {
    name: &'static CStr,
    found: OnceLock<Result<Loaded, CUresult>>,
}

impl Symbol {
    /// The function called `name`, not yet looked up.
    pub const fn new(name: &'static CStr) -> Self {
        Self { name, found: OnceLock::new() }
    }

    /// The function's address, or the result code to return instead of calling it.
    pub fn address(&self) -> Result<Loaded, CUresult> {
        *self.found.get_or_init(|| match handle() {
            Ok(library) => look_up(*library, self.name).ok_or(CUDA_ERROR_NOT_FOUND),
            Err(_) => Err(CUDA_ERROR_NO_DEVICE),
        })
    }
}

fn look_up(library: Loaded, name: &CStr) -> Option<Loaded> {
    // SAFETY: `library` came from `dlopen` and is never closed; `name` is a C string.
    let address = unsafe { libc::dlsym(library.as_ptr(), name.as_ptr()) };
    NonNull::new(address).map(Loaded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_library_has_a_reason_that_names_it() {
        let reason = open(c"libno-such-driver.so.1").unwrap_err();
        assert!(reason.contains("libno-such-driver.so.1"), "{reason}");
    }

    #[test]
    fn a_function_is_found_only_where_it_exists() {
        let library = open(c"libc.so.6").unwrap();
        assert!(look_up(library, c"strlen").is_some());
        assert!(look_up(library, c"cuInit").is_none());
    }

    #[test]
    fn a_missing_function_has_the_code_of_what_is_missing() {
        let code = Symbol::new(c"cuNoSuchFunction").address().unwrap_err();
        let expected = match status() {
            DriverStatus::Found { .. } => CUDA_ERROR_NOT_FOUND,
            DriverStatus::NotFound { .. } => CUDA_ERROR_NO_DEVICE,
        };
        assert_eq!(code, expected);
    }
}
