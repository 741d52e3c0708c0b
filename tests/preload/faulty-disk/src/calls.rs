//! The C library's calls on files that Rust's standard library makes.

use crate::fault::{self, Fate};
use libc::{c_char, c_int, c_uint, c_void, off_t, off64_t, size_t, ssize_t, timespec};
use std::ffi::CStr;

/// The next definition of a function: the C library's own.
macro_rules! original {
    ($name:literal as $type:ty) => {{
        // SAFETY: the name is a C string, and the C library has a function of this name and type,
        // as every Linux has.
        unsafe {
            std::mem::transmute::<*mut c_void, $type>(libc::dlsym(libc::RTLD_NEXT, $name.as_ptr()))
        }
    }};
}

/// Sets `errno`, and gives what a failed call returns.
fn fail(error: c_int) -> ssize_t {
    // SAFETY: it points to this thread's own `errno`.
    unsafe { *libc::__errno_location() = error };
    -1
}

/// Half, but something.
fn half(count: size_t) -> size_t {
    if count > 1 { count / 2 } else { count }
}

/// Carries a transfer of `count` bytes out, or what fate leaves of it.
fn transfer(fate: Fate, count: size_t, original: impl FnOnce(size_t) -> ssize_t) -> ssize_t {
    match fate {
        Fate::Sound => original(count),
        Fate::Short => original(half(count)),
        Fate::Fails(error) => fail(error),
    }
}

type Transfer = unsafe extern "C" fn(c_int, *mut c_void, size_t) -> ssize_t;

/// # Safety
/// The contract of `read(2)`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn read(file: c_int, buffer: *mut c_void, count: size_t) -> ssize_t {
    let original = original!(c"read" as Transfer);
    transfer(fault::of_descriptor(file), count, |count| {
        // SAFETY: the caller's own arguments, or less of the buffer.
        unsafe { original(file, buffer, count) }
    })
}

/// # Safety
/// The contract of `write(2)`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn write(file: c_int, buffer: *const c_void, count: size_t) -> ssize_t {
    let original = original!(c"write" as Transfer);
    transfer(fault::of_descriptor(file), count, |count| {
        // SAFETY: the caller's own arguments, or less of the buffer.
        unsafe { original(file, buffer.cast_mut(), count) }
    })
}

/// # Safety
/// The contract of `pread(2)`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pread64(
    file: c_int,
    buffer: *mut c_void,
    count: size_t,
    offset: off64_t,
) -> ssize_t {
    type Original = unsafe extern "C" fn(c_int, *mut c_void, size_t, off64_t) -> ssize_t;
    let original = original!(c"pread64" as Original);
    transfer(fault::of_descriptor(file), count, |count| {
        // SAFETY: the caller's own arguments, or less of the buffer.
        unsafe { original(file, buffer, count, offset) }
    })
}

/// # Safety
/// The contract of `copy_file_range(2)`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copy_file_range(
    from: c_int,
    from_offset: *mut off64_t,
    to: c_int,
    to_offset: *mut off64_t,
    count: size_t,
    flags: c_uint,
) -> ssize_t {
    type Original =
        unsafe extern "C" fn(c_int, *mut off64_t, c_int, *mut off64_t, size_t, c_uint) -> ssize_t;
    let original = original!(c"copy_file_range" as Original);
    // More is asked for than there is: a half would be all of it.
    transfer(fault::of_descriptor(to), count.min(2048), |count| {
        // SAFETY: the caller's own arguments, or a smaller count.
        unsafe { original(from, from_offset, to, to_offset, count, flags) }
    })
}

/// # Safety
/// The contract of `open(2)`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn open64(path: *const c_char, flags: c_int, mode: c_uint) -> c_int {
    type Original = unsafe extern "C" fn(*const c_char, c_int, c_uint) -> c_int;
    let original = original!(c"open64" as Original);
    // SAFETY: the caller passes a C string.
    match fault::of_path(unsafe { CStr::from_ptr(path) }) {
        Fate::Fails(error) => fail(error) as c_int,
        // SAFETY: the caller's own arguments. That the C declaration leaves the last one open makes
        // no difference to how it is passed on the machines that this is built for.
        _ => unsafe { original(path, flags, mode) },
    }
}

/// # Safety
/// The contract of `fsync(2)`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fsync(file: c_int) -> c_int {
    type Original = unsafe extern "C" fn(c_int) -> c_int;
    let original = original!(c"fsync" as Original);
    fault::note_flushed(file);
    match fault::of_descriptor(file) {
        Fate::Fails(error) => fail(error) as c_int,
        // SAFETY: the caller's own argument.
        _ => unsafe { original(file) },
    }
}

/// # Safety
/// The contract of `fchmod(2)`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fchmod(file: c_int, mode: c_uint) -> c_int {
    type Original = unsafe extern "C" fn(c_int, c_uint) -> c_int;
    let original = original!(c"fchmod" as Original);
    match fault::of_attribute(file) {
        Fate::Fails(error) => fail(error) as c_int,
        // SAFETY: the caller's own arguments.
        _ => unsafe { original(file, mode) },
    }
}

/// # Safety
/// The contract of `lseek(2)`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lseek64(file: c_int, offset: off_t, whence: c_int) -> off_t {
    type Original = unsafe extern "C" fn(c_int, off_t, c_int) -> off_t;
    let original = original!(c"lseek64" as Original);
    match fault::of_descriptor(file) {
        Fate::Fails(error) => fail(error) as off_t,
        // SAFETY: the caller's own arguments.
        _ => unsafe { original(file, offset, whence) },
    }
}

/// # Safety
/// The contract of `fchown(2)`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fchown(file: c_int, user: c_uint, group: c_uint) -> c_int {
    type Original = unsafe extern "C" fn(c_int, c_uint, c_uint) -> c_int;
    let original = original!(c"fchown" as Original);
    match fault::of_attribute(file) {
        Fate::Fails(error) => fail(error) as c_int,
        // SAFETY: the caller's own arguments.
        _ => unsafe { original(file, user, group) },
    }
}

/// # Safety
/// The contract of `futimens(3)`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn futimens(file: c_int, times: *const timespec) -> c_int {
    type Original = unsafe extern "C" fn(c_int, *const timespec) -> c_int;
    let original = original!(c"futimens" as Original);
    match fault::of_attribute(file) {
        Fate::Fails(error) => fail(error) as c_int,
        // SAFETY: the caller's own arguments.
        _ => unsafe { original(file, times) },
    }
}

/// # Safety
/// The contract of `rename(2)`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rename(from: *const c_char, to: *const c_char) -> c_int {
    type Original = unsafe extern "C" fn(*const c_char, *const c_char) -> c_int;
    let original = original!(c"rename" as Original);
    // SAFETY: the caller passes a C string.
    match fault::of_path(unsafe { CStr::from_ptr(from) }) {
        Fate::Fails(error) => fail(error) as c_int,
        // SAFETY: the caller's own arguments.
        _ => unsafe { original(from, to) },
    }
}
