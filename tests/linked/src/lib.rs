//! A shared library with wcodec in it, and one function of its own.

use std::ffi::c_int;
use wcodec::{Blob, Decoder, DeviceChoice};

/// Returns whether a blob of no bytes decodes, on a GPU if there is one: 0, as it is none. Whatever
/// decoding takes is linked with the library for it.
#[unsafe(no_mangle)]
pub extern "C" fn linked_with_wcodec_decodes() -> c_int {
    let decode = |decoder: Decoder| decoder.decode(&Blob::parse(&[])?, &mut []);
    c_int::from(Decoder::open(DeviceChoice::Auto).and_then(decode).is_ok())
}
