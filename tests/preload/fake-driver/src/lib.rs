//! A `libcuda.so.1` of a machine whose GPU is of no use, in the way that `FAKE_DRIVER` names:
//!
//! | value | |
//! |---|---|
//! | `fails` | `cuInit` fails |
//! | `from_the_future` | `cuInit` fails with a code that no driver of today has |
//! | `no_device` | there is no device, and `cuInit` says so |
//! | `none` | there are 0 devices |
//! | `old` | one device of compute capability 6.1 |
//! | `no_context` | the device is out of memory before it has a context |
//! | `ptx_refused` | the driver is older than the kernels' PTX |
//! | `full` | all is well, but no memory is free |
//!
//! It has only the functions that are called until one of these is found out.
#![allow(non_snake_case)]

use std::env;
use std::ffi::{c_char, c_int, c_uint, c_void};

const SUCCESS: c_int = 0;
const OUT_OF_MEMORY: c_int = 2;
const NOT_PERMITTED: c_int = 800;
const NO_DEVICE: c_int = 100;
const UNSUPPORTED_PTX_VERSION: c_int = 222;
/// A code that no driver of today has.
const FROM_THE_FUTURE: c_int = 98_765;

fn is(what: &str) -> bool {
    env::var_os("FAKE_DRIVER").is_some_and(|value| value == what)
}

/// `error` in this case, otherwise success.
fn fails_if(what: &str, error: c_int) -> c_int {
    if is(what) { error } else { SUCCESS }
}

/// Defines functions that write a value where their first argument points to.
macro_rules! answer {
    ($($name:ident($value:expr => $type:ty $(, $rest:ty)*) -> $result:expr;)*) => {$(
        #[doc = concat!("The driver's `", stringify!($name), "`.")]
        ///
        /// # Safety
        ///
        /// The contract of the driver's function.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name(answer: *mut $type $(, _: $rest)*) -> c_int {
            // SAFETY: the driver's function has its caller vouch for it.
            unsafe { answer.write($value) };
            $result
        }
    )*};
}

/// An address that is not null, and that nothing here looks at.
const HANDLE: *mut c_void = std::ptr::without_provenance_mut(64);

answer! {
    cuDeviceGetCount(c_int::from(!is("none")) => c_int) -> SUCCESS;
    cuDeviceGet(0 => c_int, c_int) -> SUCCESS;
    cuDeviceTotalMem_v2(1 << 30 => usize, c_int) -> SUCCESS;
    cuDevicePrimaryCtxRetain(HANDLE => *mut c_void, c_int) -> fails_if("no_context", OUT_OF_MEMORY);
    cuModuleLoadData(HANDLE => *mut c_void, *const c_void) -> fails_if("ptx_refused", UNSUPPORTED_PTX_VERSION);
    cuModuleLoadDataEx(HANDLE => *mut c_void, *const c_void, c_uint, *mut c_void, *mut c_void)
        -> fails_if("ptx_refused", UNSUPPORTED_PTX_VERSION);
    cuModuleGetFunction(HANDLE => *mut c_void, *mut c_void, *const c_char) -> SUCCESS;
    cuStreamCreateWithPriority(HANDLE => *mut c_void, c_uint, c_int) -> SUCCESS;
    cuEventCreate(HANDLE => *mut c_void, c_uint) -> SUCCESS;
    cuMemAlloc_v2(0 => u64, usize) -> OUT_OF_MEMORY;
    cuMemAllocAsync(0 => u64, usize, *mut c_void) -> OUT_OF_MEMORY;
    cuMemAllocHost_v2(HANDLE => *mut c_void, usize) -> OUT_OF_MEMORY;
}

/// Defines functions that do nothing.
macro_rules! nothing {
    ($($name:ident($($argument:ty),*) -> $result:expr;)*) => {$(
        #[doc = concat!("The driver's `", stringify!($name), "`.")]
        #[unsafe(no_mangle)]
        pub extern "C" fn $name($(_: $argument),*) -> c_int {
            $result
        }
    )*};
}

nothing! {
    cuInit(c_uint) -> if is("no_device") {
        NO_DEVICE
    } else if is("from_the_future") {
        FROM_THE_FUTURE
    } else {
        fails_if("fails", NOT_PERMITTED)
    };
    cuCtxPushCurrent_v2(*mut c_void) -> SUCCESS;
    cuCtxPopCurrent_v2(*mut *mut c_void) -> SUCCESS;
    cuFuncSetAttribute(*mut c_void, c_int, c_int) -> SUCCESS;
    cuDevicePrimaryCtxRelease_v2(c_int) -> SUCCESS;
    cuModuleUnload(*mut c_void) -> SUCCESS;
    cuStreamDestroy_v2(*mut c_void) -> SUCCESS;
    cuStreamSynchronize(*mut c_void) -> SUCCESS;
    cuEventDestroy_v2(*mut c_void) -> SUCCESS;
}

/// The driver's `cuDeviceGetAttribute`: 75 and 76 are the compute capability.
///
/// # Safety
///
/// The contract of the driver's function.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuDeviceGetAttribute(value: *mut c_int, what: c_int, _: c_int) -> c_int {
    let answer = match what {
        75 => {
            if is("old") {
                6
            } else {
                9
            }
        }
        76 => c_int::from(is("old")),
        _ => 1,
    };
    // SAFETY: the driver's function has its caller vouch for it.
    unsafe { value.write(answer) };
    SUCCESS
}

/// The driver's `cuDeviceGetName`.
///
/// # Safety
///
/// The contract of the driver's function.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuDeviceGetName(name: *mut c_char, len: c_int, _: c_int) -> c_int {
    let text = c"Fake GPU".to_bytes_with_nul();
    let count = text.len().min(len.max(0) as usize);
    // SAFETY: the caller vouches for `len` bytes.
    unsafe { name.copy_from_nonoverlapping(text.as_ptr().cast(), count) };
    SUCCESS
}

/// The driver's `cuGetErrorString`.
///
/// # Safety
///
/// The contract of the driver's function.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuGetErrorString(error: c_int, text: *mut *const c_char) -> c_int {
    let answer = match error {
        OUT_OF_MEMORY => c"out of memory",
        NO_DEVICE => c"no CUDA-capable device is detected",
        UNSUPPORTED_PTX_VERSION => c"the provided PTX was compiled with an unsupported toolchain",
        NOT_PERMITTED => c"operation not permitted",
        _ => c"unknown error",
    };
    // SAFETY: the driver's function has its caller vouch for it.
    unsafe { text.write(answer.as_ptr()) };
    SUCCESS
}
