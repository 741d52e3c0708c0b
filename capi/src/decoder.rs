//! Decoders.

use crate::call::call;
use crate::pointers::{Out, bytes, free, object, room};
use crate::status::wcodec_status;
use std::ffi::{CString, c_char, c_void};
use wcodec::{Blob, Decoder, DeviceChoice, Error, Result};

/// Of `wcodec_decoder_open`: the first NVIDIA GPU if there is one, otherwise the CPU.
pub const WCODEC_DEVICE_AUTO: i32 = -2;
/// Of `wcodec_decoder_open`: the CPU.
pub const WCODEC_DEVICE_CPU: i32 = -1;

/// Decodes to host memory, on the device that it was opened for.
pub struct wcodec_decoder {
    pub decoder: Decoder,
    device: CString,
}

/// Opens a decoder: WCODEC_DEVICE_CPU, WCODEC_DEVICE_AUTO, or the ordinal of an NVIDIA GPU.
///
/// # Safety
/// `decoder` has room for a pointer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wcodec_decoder_open(
    device: i32,
    decoder: *mut *mut wcodec_decoder,
) -> wcodec_status {
    call(|| {
        // SAFETY: the caller's condition.
        let out = unsafe { Out::new(decoder, "decoder") }?;
        let decoder = Decoder::open(choice(device)?)?;
        let device = CString::new(decoder.device().to_string()).unwrap_or_default();
        out.put_new(wcodec_decoder { decoder, device });
        Ok(())
    })
}

fn choice(device: i32) -> Result<DeviceChoice> {
    match (device, u32::try_from(device)) {
        (WCODEC_DEVICE_AUTO, _) => Ok(DeviceChoice::Auto),
        (WCODEC_DEVICE_CPU, _) => Ok(DeviceChoice::Cpu),
        (_, Ok(ordinal)) => Ok(DeviceChoice::Cuda(ordinal)),
        _ => Err(Error::InvalidArgument(format!("there is no device {device}"))),
    }
}

/// The device that a decoder really uses, such as "CPU (avx2)" or "GPU 0 (NVIDIA H200)"; the text
/// lives as long as the decoder. NULL for NULL.
///
/// # Safety
/// `decoder` is NULL, or an open decoder.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wcodec_decoder_device(decoder: *const wcodec_decoder) -> *const c_char {
    // SAFETY: the caller's condition.
    let decoder = unsafe { decoder.as_ref() };
    decoder.map_or(std::ptr::null(), |decoder| decoder.device.as_ptr())
}

/// Decodes a blob that `wcodec_encoder_encode` made to `length` bytes from `data` on, all that it
/// decodes to: `wcodec_blob_byte_length` tells how many. The caller vouches that the blob is as it
/// was made: it has no checksum, other than an archive.
///
/// # Safety
/// There are as many bytes, which nothing else writes meanwhile.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wcodec_decoder_decode(
    decoder: *const wcodec_decoder,
    blob: *const c_void,
    blob_length: usize,
    data: *mut c_void,
    length: usize,
) -> wcodec_status {
    call(|| {
        // SAFETY: the caller's condition.
        let (decoder, blob, data) = unsafe {
            let blob = bytes(blob, blob_length, "blob")?;
            (object(decoder, "decoder")?, blob, room(data.cast::<u8>(), length, "data")?)
        };
        decoder.decoder.decode(&Blob::parse(blob)?, data)
    })
}

/// The bytes that a blob decodes to.
///
/// # Safety
/// There are as many bytes, and room for a number.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wcodec_blob_byte_length(
    blob: *const c_void,
    blob_length: usize,
    length: *mut u64,
) -> wcodec_status {
    // SAFETY: the caller's condition.
    unsafe { length_of_blob(blob, blob_length, length, |blob| Ok(Blob::parse(blob)?.byte_len())) }
}

/// Writes a length that a blob tells.
///
/// # Safety
/// There are as many bytes, and `length` has room for a number.
pub unsafe fn length_of_blob(
    blob: *const c_void,
    blob_length: usize,
    length: *mut u64,
    tell: impl FnOnce(&[u8]) -> Result<u64>,
) -> wcodec_status {
    call(|| {
        // SAFETY: the caller's condition.
        let (out, blob) =
            unsafe { (Out::new(length, "length")?, bytes(blob, blob_length, "blob")?) };
        out.put(tell(blob)?);
        Ok(())
    })
}

/// Frees a decoder.
///
/// # Safety
/// It is NULL, or an open decoder that nothing uses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wcodec_decoder_free(decoder: *mut wcodec_decoder) {
    // SAFETY: the caller's condition.
    unsafe { free(decoder) };
}
