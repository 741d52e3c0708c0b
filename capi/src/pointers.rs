//! Pointers of the caller's, checked as far as they can be.

use std::ffi::{CStr, c_char, c_void};
use std::path::PathBuf;
use std::{ptr, slice};
use wcodec::{Error, Result};

fn null(name: &str) -> Error {
    Error::InvalidArgument(format!("{name} is NULL"))
}

/// The object at an address.
///
/// # Safety
/// The address is NULL, or that of a valid `T` that nothing changes while the reference lives.
pub unsafe fn object<'a, T>(address: *const T, name: &str) -> Result<&'a T> {
    // SAFETY: the caller's condition.
    unsafe { address.as_ref() }.ok_or_else(|| null(name))
}

/// The object at an address, to change it.
///
/// # Safety
/// As [`object`], and nothing else uses the object while the reference lives.
pub unsafe fn object_mut<'a, T>(address: *mut T, name: &str) -> Result<&'a mut T> {
    // SAFETY: the caller's condition.
    unsafe { address.as_mut() }.ok_or_else(|| null(name))
}

/// `count` elements from an address on, which may be NULL where there are none.
///
/// # Safety
/// The address is NULL, or there are as many valid elements, which nothing changes while the
/// reference lives.
pub unsafe fn elements<'a, T>(address: *const T, count: usize, name: &str) -> Result<&'a [T]> {
    check(address, count, name)?;
    // SAFETY: the address and the length were checked; the rest is the caller's condition.
    Ok(if count == 0 { &[] } else { unsafe { slice::from_raw_parts(address, count) } })
}

/// `len` bytes from an address on.
///
/// # Safety
/// As [`elements`].
pub unsafe fn bytes<'a>(address: *const c_void, len: usize, name: &str) -> Result<&'a [u8]> {
    // SAFETY: the caller's condition.
    unsafe { elements(address.cast(), len, name) }
}

/// Room for `count` elements from an address on, which may be NULL where there are none.
///
/// # Safety
/// The address is NULL, or there are as many initialised elements, which nothing else uses while
/// the reference lives.
pub unsafe fn room<'a, T>(address: *mut T, count: usize, name: &str) -> Result<&'a mut [T]> {
    check(address, count, name)?;
    // SAFETY: the address and the length were checked; the rest is the caller's condition.
    Ok(if count == 0 { &mut [] } else { unsafe { slice::from_raw_parts_mut(address, count) } })
}

fn check<T>(address: *const T, count: usize, name: &str) -> Result<()> {
    if count == 0 {
        return Ok(());
    }
    if address.is_null() {
        return Err(null(name));
    }
    let fits =
        count.checked_mul(size_of::<T>()).is_some_and(|bytes| isize::try_from(bytes).is_ok());
    if !address.is_aligned() || !fits {
        let reason = format!("{name}: {count} elements cannot lie at the address {address:p}");
        return Err(Error::InvalidArgument(reason));
    }
    Ok(())
}

/// A text that ends with NUL.
///
/// # Safety
/// The address is NULL, or that of a NUL-terminated text that nothing changes while the reference
/// lives.
pub unsafe fn text<'a>(address: *const c_char, name: &str) -> Result<&'a str> {
    if address.is_null() {
        return Err(null(name));
    }
    // SAFETY: the caller's condition.
    let text = unsafe { CStr::from_ptr(address) };
    text.to_str().map_err(|_| Error::InvalidArgument(format!("{name} is not UTF-8")))
}

/// A path that ends with NUL: any bytes on Unix, UTF-8 elsewhere.
///
/// # Safety
/// As [`text`].
pub unsafe fn path(address: *const c_char, name: &str) -> Result<PathBuf> {
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        if address.is_null() {
            return Err(null(name));
        }
        // SAFETY: the caller's condition.
        let bytes = unsafe { CStr::from_ptr(address) }.to_bytes();
        Ok(std::ffi::OsStr::from_bytes(bytes).into())
    }
    #[cfg(not(unix))]
    // SAFETY: the caller's condition.
    unsafe { text(address, name) }.map(PathBuf::from)
}

/// A place for a result, which is written when all has succeeded.
pub struct Out<T>(*mut T);

impl<T> Out<T> {
    /// The place at an address.
    ///
    /// # Safety
    /// The address is NULL, or that of room for a `T` that nothing else uses while this lives.
    pub unsafe fn new(address: *mut T, name: &str) -> Result<Self> {
        if address.is_null() { Err(null(name)) } else { Ok(Self(address)) }
    }

    /// Writes the result.
    pub fn put(self, value: T) {
        // SAFETY: `new` was promised that there is room.
        unsafe { self.0.write(value) };
    }
}

impl<T> Out<*mut T> {
    /// Writes a new object, which is the caller's from here on.
    pub fn put_new(self, object: T) {
        self.put(Box::into_raw(Box::new(object)));
    }
}

/// Frees an object that [`Out::put_new`] gave; nothing where it is NULL.
///
/// # Safety
/// It was given so, and is freed once.
pub unsafe fn free<T>(object: *mut T) {
    if !object.is_null() {
        // SAFETY: the caller's condition.
        let object = unsafe { Box::from_raw(object) };
        // That of a panic has nowhere to go, and leaves memory unfreed at worst.
        let _ = crate::call::call(|| {
            drop(object);
            Ok(())
        });
    }
}

/// The address of text or bytes that may be empty, never dangling.
pub fn address_of(text: &[u8]) -> *const c_char {
    if text.is_empty() { c"".as_ptr() } else { ptr::from_ref(text).cast() }
}
