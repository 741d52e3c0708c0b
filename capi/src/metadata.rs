//! The strings that the files of a model carry along.

use crate::call::call;
use crate::model::wcodec_model;
use crate::pointers::{Out, address_of, object};
use crate::status::wcodec_status;
use std::ffi::c_char;
use wcodec::Error;

/// A string of a model's `__metadata__` with its name; both are UTF-8, may hold a NUL and do not end
/// with one, and live as long as the model.
#[repr(C)]
pub struct wcodec_metadata_entry {
    /// Its name.
    pub name: *const c_char,
    /// Bytes of the name.
    pub name_length: usize,
    /// The string.
    pub value: *const c_char,
    /// Bytes of the string.
    pub value_length: usize,
}

/// The number of strings in the `__metadata__` of a model's files: of two with one name the first
/// file's is taken. 0 for NULL.
///
/// # Safety
/// `model` is NULL, or open.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wcodec_model_metadata_count(model: *const wcodec_model) -> usize {
    // SAFETY: the caller's condition.
    unsafe { model.as_ref() }.map_or(0, |model| model.metadata.len())
}

/// The string of a number below `wcodec_model_metadata_count`, in the order of the names.
///
/// # Safety
/// `entry` has room for an entry.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wcodec_model_metadata(
    model: *const wcodec_model,
    number: usize,
    entry: *mut wcodec_metadata_entry,
) -> wcodec_status {
    call(|| {
        // SAFETY: the caller's condition.
        let (out, model) = unsafe { (Out::new(entry, "entry")?, object(model, "model")?) };
        let count = model.metadata.len();
        let none = || Error::InvalidArgument(format!("there is no string {number} of {count}"));
        let (name, value) = model.metadata.at(number).ok_or_else(none)?;
        out.put(wcodec_metadata_entry {
            name: address_of(name.as_bytes()),
            name_length: name.len(),
            value: address_of(value.as_bytes()),
            value_length: value.len(),
        });
        Ok(())
    })
}
