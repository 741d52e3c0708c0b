//! Loaded before the C library (`LD_PRELOAD`), this has a process start as many threads as
//! `FEW_THREADS` says and no more, as `ulimit -u` does for users other than root.
#![cfg(target_os = "linux")]

use libc::{c_int, c_void, pthread_attr_t, pthread_t};
use std::env;
use std::sync::atomic::{AtomicU64, Ordering};

static STARTED: AtomicU64 = AtomicU64::new(0);

type Create = unsafe extern "C" fn(
    *mut pthread_t,
    *const pthread_attr_t,
    extern "C" fn(*mut c_void) -> *mut c_void,
    *mut c_void,
) -> c_int;

/// # Safety
/// The contract of `pthread_create(3)`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pthread_create(
    thread: *mut pthread_t,
    attributes: *const pthread_attr_t,
    start: extern "C" fn(*mut c_void) -> *mut c_void,
    argument: *mut c_void,
) -> c_int {
    let most = env::var("FEW_THREADS").ok().and_then(|most| most.parse().ok());
    if STARTED.fetch_add(1, Ordering::SeqCst) >= most.unwrap_or(u64::MAX) {
        return libc::EAGAIN;
    }
    // SAFETY: the name is a C string, and the C library has a function of this name and type, as
    // every Linux has.
    let original = unsafe {
        std::mem::transmute::<*mut c_void, Create>(libc::dlsym(
            libc::RTLD_NEXT,
            c"pthread_create".as_ptr(),
        ))
    };
    // SAFETY: the caller's own arguments.
    unsafe { original(thread, attributes, start, argument) }
}
