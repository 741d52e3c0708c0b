//! Encoders, and tensors in memory.

use crate::buffer::wcodec_buffer;
use crate::call::call;
use crate::dtype::dtype_of;
use crate::pointers::{Out, bytes, elements, free, object, object_mut, text};
use crate::status::wcodec_status;
use std::ffi::{c_char, c_void};
use wcodec::encode::EntropyCoder;
use wcodec::{CpuBackend, Encoder, Error, Profile, Result, TensorView, compress_with};

/// What an encoder aims at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C)]
pub enum wcodec_profile {
    /// The fastest to decode within 1.25 % of the smallest, as far as a sample tells.
    Balanced = 0,
    /// The smallest.
    Ratio = 1,
    /// The fastest to decode within 3 % of the smallest, as far as a sample tells.
    Fast = 2,
}

/// The coder of symbols.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C)]
pub enum wcodec_entropy {
    /// Tabled asymmetric numeral systems.
    Tans = 0,
    /// Range asymmetric numeral systems.
    Rans = 1,
}

/// Encodes tensors.
#[derive(Default)]
pub struct wcodec_encoder {
    pub encoder: Encoder,
}

/// A tensor in host memory: row-major, little-endian elements, one after another.
#[repr(C)]
pub struct wcodec_tensor {
    /// A `wcodec_dtype`.
    pub dtype: u32,
    /// Dimensions; none for rank 0.
    pub rank: usize,
    /// The extent of each dimension, outermost first.
    pub shape: *const u64,
    /// The elements.
    pub data: *const c_void,
    /// Bytes of the elements.
    pub length: usize,
}

impl wcodec_tensor {
    /// The tensor.
    ///
    /// # Safety
    /// There is what the tensor says, and nothing changes it meanwhile.
    pub unsafe fn view(&self) -> Result<TensorView<'_>> {
        // SAFETY: the caller's condition.
        let (shape, data) = unsafe {
            (elements(self.shape, self.rank, "shape")?, bytes(self.data, self.length, "data")?)
        };
        TensorView::new(dtype_of(self.dtype)?, shape, data)
    }
}

/// A new encoder of the profile WCODEC_PROFILE_BALANCED.
///
/// # Safety
/// `encoder` has room for a pointer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wcodec_encoder_new(encoder: *mut *mut wcodec_encoder) -> wcodec_status {
    call(|| {
        // SAFETY: the caller's condition.
        unsafe { Out::new(encoder, "encoder") }?.put_new(wcodec_encoder::default());
        Ok(())
    })
}

/// Changes an encoder.
///
/// # Safety
/// `encoder` is NULL, or an encoder that nothing else uses meanwhile.
unsafe fn change(
    encoder: *mut wcodec_encoder,
    change: impl FnOnce(Encoder) -> Result<Encoder>,
) -> wcodec_status {
    call(|| {
        // SAFETY: the caller's condition.
        let encoder = unsafe { object_mut(encoder, "encoder") }?;
        encoder.encoder = change(encoder.encoder.clone())?;
        Ok(())
    })
}

/// Sets the profile, a `wcodec_profile`.
///
/// # Safety
/// Nothing else uses the encoder meanwhile.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wcodec_encoder_set_profile(
    encoder: *mut wcodec_encoder,
    profile: u32,
) -> wcodec_status {
    const PROFILES: [(wcodec_profile, Profile); 3] = [
        (wcodec_profile::Balanced, Profile::Balanced),
        (wcodec_profile::Ratio, Profile::Ratio),
        (wcodec_profile::Fast, Profile::Fast),
    ];
    let found = PROFILES.iter().find(|&&(number, _)| number as u32 == profile);
    let found = found.ok_or_else(|| Error::InvalidArgument(format!("{profile} is no profile")));
    // SAFETY: the caller's condition.
    unsafe { change(encoder, |encoder| Ok(encoder.profile(found?.1))) }
}

/// Sets the coder of symbols, a `wcodec_entropy`; WCODEC_ENTROPY_TANS where nothing is said.
///
/// # Safety
/// Nothing else uses the encoder meanwhile.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wcodec_encoder_set_entropy(
    encoder: *mut wcodec_encoder,
    entropy: u32,
) -> wcodec_status {
    const CODERS: [(wcodec_entropy, EntropyCoder); 2] =
        [(wcodec_entropy::Tans, EntropyCoder::Tans), (wcodec_entropy::Rans, EntropyCoder::Rans)];
    let found = CODERS.iter().find(|&&(number, _)| number as u32 == entropy);
    let found = found.ok_or_else(|| Error::InvalidArgument(format!("{entropy} is no coder")));
    // SAFETY: the caller's condition.
    unsafe { change(encoder, |encoder| Ok(encoder.entropy(found?.1))) }
}

/// Sets how many bytes of tensors are decoded together with each tensor: with more of them tiles
/// can be larger, and take less room. 0 for a tensor that is decoded alone.
///
/// # Safety
/// Nothing else uses the encoder meanwhile.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wcodec_encoder_set_batch_bytes(
    encoder: *mut wcodec_encoder,
    bytes: u64,
) -> wcodec_status {
    // SAFETY: the caller's condition.
    unsafe { change(encoder, |encoder| Ok(encoder.batch_bytes(bytes))) }
}

/// Sets the instructions that encode: "avx512", "avx2", "neon" or "portable", those that this CPU
/// has. All give the same bytes.
///
/// # Safety
/// `name` ends with NUL, and nothing else uses the encoder meanwhile.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wcodec_encoder_set_backend(
    encoder: *mut wcodec_encoder,
    name: *const c_char,
) -> wcodec_status {
    // SAFETY: the caller's condition.
    let name = unsafe { text(name, "name") };
    let with_it = |encoder: Encoder| {
        let name = name?;
        let found = CpuBackend::named(name);
        let none = || Error::InvalidArgument(format!("{name:?} is no backend of this CPU"));
        Ok(encoder.backend(found.ok_or_else(none)?))
    };
    // SAFETY: the caller's condition.
    unsafe { change(encoder, with_it) }
}

/// Encodes a tensor to a blob, which has neither name nor checksum: for whom keeps both himself.
///
/// # Safety
/// There is what the tensor says, and `blob` has room for a buffer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wcodec_encoder_encode(
    encoder: *const wcodec_encoder,
    tensor: *const wcodec_tensor,
    blob: *mut wcodec_buffer,
) -> wcodec_status {
    call(|| {
        // SAFETY: the caller's condition.
        let (out, encoder, tensor) = unsafe {
            let out = Out::new(blob, "blob")?;
            (out, object(encoder, "encoder")?, object(tensor, "tensor")?.view()?)
        };
        out.put_bytes(encoder.encoder.encode(&tensor)?);
        Ok(())
    })
}

/// Compresses a tensor to an archive of its own, with checksums, which `wcodec_model_open_memory`
/// opens.
///
/// # Safety
/// As `wcodec_encoder_encode`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wcodec_encoder_compress(
    encoder: *const wcodec_encoder,
    tensor: *const wcodec_tensor,
    archive: *mut wcodec_buffer,
) -> wcodec_status {
    call(|| {
        // SAFETY: the caller's condition.
        let (out, encoder, tensor) = unsafe {
            let out = Out::new(archive, "archive")?;
            (out, object(encoder, "encoder")?, object(tensor, "tensor")?.view()?)
        };
        out.put_bytes(compress_with(&tensor, &encoder.encoder)?);
        Ok(())
    })
}

/// Frees an encoder.
///
/// # Safety
/// It is NULL, or an encoder that nothing uses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wcodec_encoder_free(encoder: *mut wcodec_encoder) {
    // SAFETY: the caller's condition.
    unsafe { free(encoder) };
}
