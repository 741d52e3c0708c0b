//! From BF16 weights to a packed matrix.

use super::matrix::{form_of, wcodec_packed};
use super::rows::wcodec_rows;
use crate::call::call;
use crate::gpu::wcodec_gpu;
use crate::model::wcodec_model;
use crate::pointers::{Out, object};
use crate::status::wcodec_status;
use std::ffi::c_void;
use std::ops::Range;
use wcodec::gpu::GpuPackedMatrix;
use wcodec::packed::{PackedMatrix, WeightRows};
use wcodec::{Decoder, DeviceChoice, Dtype, Error, ModelTensor, Result};

/// A part of a matrix. UINT64_MAX ends with the last row or column.
#[repr(C)]
pub struct wcodec_part {
    /// The first row.
    pub first_row: u64,
    /// The row after the last.
    pub end_row: u64,
    /// The first column.
    pub first_column: u64,
    /// The column after the last.
    pub end_column: u64,
}

/// A range of `count`, which UINT64_MAX ends.
fn range(first: u64, end: u64, count: u64) -> Result<Range<u64>> {
    let end = if end == u64::MAX { count } else { end };
    if first > end || end > count {
        let reason = format!("{first} to {end} of {count} rows or columns were asked for");
        return Err(Error::InvalidArgument(reason));
    }
    Ok(first..end)
}

/// Packs weights in a form, a `wcodec_form`, or whole where that would not make them smaller. On a
/// GPU they are read after all earlier work on `stream`; returns when they are packed.
///
/// # Safety
/// The weights are there; `stream` is one of the GPU's context; `matrix` has room for a pointer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wcodec_packed_pack(
    gpu: *const wcodec_gpu,
    weights: *const wcodec_rows,
    form: u32,
    stream: *mut c_void,
    matrix: *mut *mut wcodec_packed,
) -> wcodec_status {
    call(|| {
        // SAFETY: the caller's condition.
        let (out, gpu, weights) =
            unsafe { (Out::new(matrix, "matrix")?, gpu.as_ref(), object(weights, "weights")?) };
        let form = form_of(form)?;
        // SAFETY: the caller's condition.
        out.put_new(unsafe {
            match gpu {
                None => wcodec_packed::Host(PackedMatrix::pack(&weights.on_host()?, form)?),
                Some(gpu) => wcodec_packed::Device(GpuPackedMatrix::pack_raw(
                    gpu.packed()?,
                    weights.on_device()?,
                    form,
                    &gpu.stream(stream),
                )?),
            }
        });
        Ok(())
    })
}

/// Packs a BF16 tensor of a model, or a part of it: all dimensions but the last are rows. `part` may
/// be NULL. On a GPU the tensor has to lie in an archive, and is decoded there.
///
/// # Safety
/// `matrix` has room for a pointer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wcodec_packed_from_model(
    gpu: *const wcodec_gpu,
    model: *const wcodec_model,
    number: usize,
    part: *const wcodec_part,
    form: u32,
    matrix: *mut *mut wcodec_packed,
) -> wcodec_status {
    call(|| {
        // SAFETY: the caller's condition.
        let (out, gpu, model, part) = unsafe {
            (Out::new(matrix, "matrix")?, gpu.as_ref(), object(model, "model")?, part.as_ref())
        };
        let (form, tensor) = (form_of(form)?, model.tensor(number)?);
        let (height, width) = height_and_width(&tensor)?;
        let part = part.unwrap_or(&wcodec_part {
            first_row: 0,
            end_row: u64::MAX,
            first_column: 0,
            end_column: u64::MAX,
        });
        let rows = range(part.first_row, part.end_row, height)?;
        let columns = range(part.first_column, part.end_column, width)?;
        out.put_new(match gpu {
            None => wcodec_packed::Host(on_host(&tensor, width, rows, columns, form)?),
            Some(gpu) => {
                let archive = tensor.archive().ok_or_else(|| {
                    let reason = "the tensor lies in no archive: compress its file first, or pack \
                                  it from device memory";
                    Error::InvalidArgument(reason.into())
                })?;
                let (kernels, decoder) = (gpu.packed()?, gpu.decoder());
                let ranges = (Some(rows), Some(columns));
                wcodec_packed::Device(GpuPackedMatrix::from_archive(
                    kernels,
                    decoder,
                    archive,
                    tensor.name(),
                    ranges,
                    form,
                )?)
            }
        });
        Ok(())
    })
}

/// The rows and columns of a tensor of BF16.
fn height_and_width(tensor: &ModelTensor<'_>) -> Result<(u64, u64)> {
    if tensor.dtype() != Dtype::BF16 {
        let reason = format!("tensor {:?} is of {}, BF16 is packed", tensor.name(), tensor.dtype());
        return Err(Error::InvalidArgument(reason));
    }
    let shape = tensor.shape().try_to_vec()?;
    Ok(match shape.split_last() {
        // The product of a tensor's extents fits, or it could not have been opened.
        Some((&last, before)) => (before.iter().product(), last),
        None => (1, 1),
    })
}

fn on_host(
    tensor: &ModelTensor<'_>,
    width: u64,
    rows: Range<u64>,
    columns: Range<u64>,
    form: wcodec::packed::Form,
) -> Result<PackedMatrix> {
    let decoder = Decoder::open(DeviceChoice::Cpu)?;
    // Of other ranks the rows of the first dimension are not those of the matrix.
    let (bytes, first) = match tensor.shape().rank() {
        2 => (tensor.decode(rows.clone(), &decoder)?, 0),
        _ => (tensor.decode(.., &decoder)?, rows.start),
    };
    let (height, part) = (rows.end - rows.start, columns.end - columns.start);
    let from = 2 * (first * width + columns.start) as usize;
    let bytes = if height == 0 || part == 0 { &[][..] } else { &bytes[from..] };
    PackedMatrix::pack(&WeightRows::with_stride(bytes, height, part, width)?, form)
}
