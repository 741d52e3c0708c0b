//! Limits of the cost that a file may ask of a reader.

use crate::call::call;
use crate::pointers::{Out, free, object_mut};
use crate::status::wcodec_status;
use wcodec::Error;
use wcodec::container::Limits;

/// What a file may ask of a reader; each has a default that no honest model exceeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C)]
pub enum wcodec_limit {
    /// Bytes of the header, once it is expanded; 100,000,000 unless set, which is also the most that
    /// the format allows. Opening takes up to four times as much memory.
    HeaderBytes = 0,
    /// Tensors in an archive; 500,000 unless set.
    Tensors = 1,
    /// Bytes of a tensor's name; 4,096 unless set.
    NameBytes = 2,
    /// Extents of a tensor's shape; 65,536 unless set.
    Dimensions = 3,
    /// JSON objects and arrays inside each other; 32 unless set.
    JsonDepth = 4,
    /// Decoded bytes of one tensor; 2^38, which is 256 GiB, unless set.
    TensorBytes = 5,
    /// Bases one after another, each coded against the next; 64 unless set.
    Bases = 6,
}

/// The most that a reader accepts of an archive, so that a small hostile file cannot cost a lot.
/// Functions that take limits do so for the length of the call, and take NULL for the defaults.
/// Whatever the limits, nothing is allocated for a size that a file does not really have.
#[derive(Default)]
pub struct wcodec_limits {
    limits: Limits,
}

/// The defaults, to be changed.
///
/// # Safety
/// `limits` has room for a pointer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wcodec_limits_new(limits: *mut *mut wcodec_limits) -> wcodec_status {
    call(|| {
        // SAFETY: the caller's condition.
        unsafe { Out::new(limits, "limits") }?.put_new(wcodec_limits::default());
        Ok(())
    })
}

/// Sets a limit, a `wcodec_limit`. A file that exceeds one is refused with
/// WCODEC_STATUS_LIMIT_EXCEEDED.
///
/// # Safety
/// Nothing else uses the limits meanwhile.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wcodec_limits_set(
    limits: *mut wcodec_limits,
    limit: u32,
    most: u64,
) -> wcodec_status {
    type Set = fn(Limits, u64) -> Limits;
    const SETTERS: [(wcodec_limit, Set); 7] = [
        (wcodec_limit::HeaderBytes, Limits::header_bytes),
        (wcodec_limit::Tensors, Limits::tensors),
        (wcodec_limit::NameBytes, Limits::name_bytes),
        (wcodec_limit::Dimensions, Limits::dimensions),
        (wcodec_limit::JsonDepth, Limits::json_depth),
        (wcodec_limit::TensorBytes, Limits::tensor_bytes),
        (wcodec_limit::Bases, Limits::bases),
    ];
    call(|| {
        // SAFETY: the caller's condition.
        let limits = unsafe { object_mut(limits, "limits") }?;
        let found = SETTERS.iter().find(|&&(number, _)| number as u32 == limit);
        let none = || Error::InvalidArgument(format!("{limit} is no limit"));
        let &(_, set) = found.ok_or_else(none)?;
        limits.limits = set(limits.limits, most);
        Ok(())
    })
}

/// Frees limits.
///
/// # Safety
/// They are NULL, or nothing uses them.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wcodec_limits_free(limits: *mut wcodec_limits) {
    // SAFETY: the caller's condition.
    unsafe { free(limits) };
}

/// The limits at an address; the defaults where it is NULL.
///
/// # Safety
/// The address is NULL, or that of limits that nothing changes meanwhile.
pub unsafe fn limits_at(limits: *const wcodec_limits) -> Limits {
    // SAFETY: the caller's condition.
    unsafe { limits.as_ref() }.map_or_else(Limits::default, |limits| limits.limits)
}
