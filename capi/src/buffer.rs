//! Bytes that the library has allocated.

use crate::pointers::Out;
use std::ptr;

/// Bytes that this library has allocated, to be freed with `wcodec_buffer_free`.
#[derive(Debug)]
#[repr(C)]
pub struct wcodec_buffer {
    /// The first byte; NULL where there are none.
    pub data: *mut u8,
    /// Bytes.
    pub length: usize,
}

impl Out<wcodec_buffer> {
    /// Writes bytes, which are the caller's from here on.
    pub fn put_bytes(self, bytes: Vec<u8>) {
        let length = bytes.len();
        let data = match length {
            0 => ptr::null_mut(),
            _ => Box::into_raw(bytes.into_boxed_slice()).cast(),
        };
        self.put(wcodec_buffer { data, length });
    }
}

/// Frees the bytes of a buffer, which is empty afterwards.
///
/// # Safety
/// `buffer` is NULL, or a buffer that a function of this library has written and nothing else uses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wcodec_buffer_free(buffer: *mut wcodec_buffer) {
    // SAFETY: the caller's condition.
    let Some(buffer) = (unsafe { buffer.as_mut() }) else { return };
    if !buffer.data.is_null() {
        let bytes = ptr::slice_from_raw_parts_mut(buffer.data, buffer.length);
        // SAFETY: that is how `put_bytes` made it.
        drop(unsafe { Box::from_raw(bytes) });
    }
    *buffer = wcodec_buffer { data: ptr::null_mut(), length: 0 };
}
