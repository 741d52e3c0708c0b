//! Packed matrices as bytes.

use super::matrix::wcodec_packed;
use crate::buffer::wcodec_buffer;
use crate::call::call;
use crate::gpu::wcodec_gpu;
use crate::pointers::{Out, bytes, object};
use crate::status::wcodec_status;
use std::ffi::c_void;
use wcodec::Error;
use wcodec::gpu::GpuPackedMatrix;
use wcodec::packed::PackedMatrix;

/// Saves a matrix as it lies, with a version and a checksum.
///
/// # Safety
/// `saved` has room for a buffer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wcodec_packed_save(
    matrix: *const wcodec_packed,
    saved: *mut wcodec_buffer,
) -> wcodec_status {
    call(|| {
        // SAFETY: the caller's condition.
        let (out, matrix) = unsafe { (Out::new(saved, "saved")?, object(matrix, "matrix")?) };
        let downloaded;
        let matrix = match matrix {
            wcodec_packed::Host(matrix) => matrix,
            wcodec_packed::Device(matrix) => {
                downloaded = matrix.download()?;
                &downloaded
            }
        };
        let (len, mut bytes) = (matrix.saved_len(), Vec::new());
        let out_of_memory = |_| Error::OutOfMemory { what: "a saved matrix", bytes: len };
        bytes
            .try_reserve_exact(usize::try_from(len).unwrap_or(usize::MAX))
            .map_err(out_of_memory)?;
        // Writing to memory that is there does not fail.
        let written = matrix.save(&mut bytes);
        written.map_err(|error| Error::InvalidArgument(error.to_string()))?;
        out.put_bytes(bytes);
        Ok(())
    })
}

/// Loads a matrix that was saved, by whatever device; all of it is checked first.
///
/// # Safety
/// There are as many bytes; `matrix` has room for a pointer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wcodec_packed_load(
    gpu: *const wcodec_gpu,
    data: *const c_void,
    length: usize,
    matrix: *mut *mut wcodec_packed,
) -> wcodec_status {
    call(|| {
        // SAFETY: the caller's condition.
        let (out, gpu, data) =
            unsafe { (Out::new(matrix, "matrix")?, gpu.as_ref(), bytes(data, length, "data")?) };
        out.put_new(match gpu {
            None => wcodec_packed::Host(PackedMatrix::load(data)?),
            Some(gpu) => wcodec_packed::Device(GpuPackedMatrix::load(gpu.packed()?, data)?),
        });
        Ok(())
    })
}
