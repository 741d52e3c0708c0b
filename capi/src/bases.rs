//! Files that others are coded against.

use crate::call::call;
use crate::limits::{limits_at, wcodec_limits};
use crate::pointers::{Out, free, object_mut, path};
use crate::status::wcodec_status;
use std::ffi::c_char;
use wcodec::convert::Bases;

/// Files of tensors that others are coded against, such as the model before it was fine-tuned.
pub struct wcodec_bases {
    pub bases: Bases,
}

/// Bases, none yet. Those that are archives keep to the limits, which may be NULL.
///
/// # Safety
/// `bases` has room for a pointer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wcodec_bases_new(
    limits: *const wcodec_limits,
    bases: *mut *mut wcodec_bases,
) -> wcodec_status {
    call(|| {
        // SAFETY: the caller's condition.
        let (out, limits) = unsafe { (Out::new(bases, "bases")?, limits_at(limits)) };
        out.put_new(wcodec_bases { bases: Bases::new(limits) });
        Ok(())
    })
}

/// Adds a safetensors file, an archive, or all of them in a folder and those below it.
///
/// # Safety
/// `location` ends with NUL, and nothing else uses the bases meanwhile.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wcodec_bases_add(
    bases: *mut wcodec_bases,
    location: *const c_char,
) -> wcodec_status {
    call(|| {
        // SAFETY: the caller's condition.
        let (bases, location) =
            unsafe { (object_mut(bases, "bases")?, path(location, "location")?) };
        bases.bases.add(location)
    })
}

/// Frees bases.
///
/// # Safety
/// They are NULL, or nothing uses them.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wcodec_bases_free(bases: *mut wcodec_bases) {
    // SAFETY: the caller's condition.
    unsafe { free(bases) };
}
