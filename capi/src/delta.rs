//! Tensors coded against others.

use crate::buffer::wcodec_buffer;
use crate::call::call;
use crate::decoder::wcodec_decoder;
use crate::encoder::{wcodec_encoder, wcodec_tensor};
use crate::pointers::{Out, bytes, object, room};
use crate::status::wcodec_status;
use std::ffi::c_void;
use wcodec::delta::Delta;

/// Encodes a tensor against a reference of as many bytes, such as the same tensor before it was
/// trained on, to a delta. A delta has no checksum: for whom keeps one himself, as of the reference.
///
/// # Safety
/// There is what the tensor says, there are as many bytes of the reference, and `delta` has room for
/// a buffer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wcodec_encoder_encode_against(
    encoder: *const wcodec_encoder,
    tensor: *const wcodec_tensor,
    reference: *const c_void,
    reference_length: usize,
    delta: *mut wcodec_buffer,
) -> wcodec_status {
    call(|| {
        // SAFETY: the caller's condition.
        let (out, encoder, tensor, reference) = unsafe {
            let tensor = object(tensor, "tensor")?.view()?;
            let reference = bytes(reference, reference_length, "reference")?;
            (Out::new(delta, "delta")?, object(encoder, "encoder")?, tensor, reference)
        };
        out.put_bytes(encoder.encoder.encode_against(&tensor, reference)?);
        Ok(())
    })
}

/// Decodes a delta in place: `data` is the reference, and then the tensor. Bytes that do not change
/// are not written. After an error it is the reference still.
///
/// # Safety
/// There are as many bytes, which nothing else uses meanwhile.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wcodec_decoder_apply(
    decoder: *const wcodec_decoder,
    delta: *const c_void,
    delta_length: usize,
    data: *mut c_void,
    length: usize,
) -> wcodec_status {
    call(|| {
        // SAFETY: the caller's condition.
        let (decoder, delta, data) = unsafe {
            let delta = bytes(delta, delta_length, "delta")?;
            (object(decoder, "decoder")?, delta, room(data.cast::<u8>(), length, "data")?)
        };
        decoder.decoder.apply(&Delta::parse(delta)?, data)
    })
}
