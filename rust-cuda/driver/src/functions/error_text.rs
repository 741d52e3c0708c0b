//! `cuGetErrorString`, which must work without a driver: `cust` formats every error with it,
//! and panics in `to_string` where it fails.

use crate::{
    abi::{CUresult, c_char},
    library::Symbol,
    result::{CUDA_ERROR_NO_DEVICE, CUDA_ERROR_NOT_FOUND, known_to_cust},
};
use std::ffi::CStr;

/// The driver's `cuGetErrorString`, or this crate's own texts where there is no driver.
///
/// # Safety
///
/// `text` is valid for a write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuGetErrorString(error: CUresult, text: *mut *const c_char) -> CUresult {
    static SYMBOL: Symbol = Symbol::new(c"cuGetErrorString");
    let Ok(address) = SYMBOL.address() else {
        // SAFETY: the caller says that `text` is valid for a write.
        unsafe { text.write(own_text(error).as_ptr()) };
        return 0;
    };
    type Function = unsafe extern "C" fn(CUresult, *mut *const c_char) -> CUresult;
    // SAFETY: the address is that of the driver's function of this name, whose C declaration
    // has these arguments and this result.
    let function: Function = unsafe { std::mem::transmute(address.as_ptr()) };
    // SAFETY: the driver takes any code, and the caller says that `text` is valid for a write.
    known_to_cust(unsafe { function(error, text) })
}

/// The text for the codes that this crate itself returns.
fn own_text(error: CUresult) -> &'static CStr {
    match error {
        CUDA_ERROR_NO_DEVICE => c"no NVIDIA driver is installed",
        CUDA_ERROR_NOT_FOUND => c"the NVIDIA driver is too old: it lacks a function",
        _ => c"error of the NVIDIA driver",
    }
}
