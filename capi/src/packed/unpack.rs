//! From a packed matrix back to BF16 weights.

use super::matrix::wcodec_packed;
use super::rows::wcodec_rows;
use crate::call::call;
use crate::gpu::raw;
use crate::pointers::object;
use crate::status::wcodec_status;
use std::ffi::c_void;
use wcodec::Error;

/// Starts to unpack the rows from `first` to before `end`, to the bit, to rows of `out`. On a GPU
/// `first` is a multiple of 16, and so is `end`, unless it is the number of rows; nothing is
/// allocated or waited for.
///
/// # Safety
/// `out` is writable by work on `stream`, a stream of the matrix's context, until that is done; the
/// matrix is not freed before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wcodec_packed_unpack(
    matrix: *const wcodec_packed,
    first: u64,
    end: u64,
    out: *const wcodec_rows,
    stream: *mut c_void,
) -> wcodec_status {
    call(|| {
        // SAFETY: the caller's condition.
        let (matrix, out) = unsafe { (object(matrix, "matrix")?, object(out, "out")?) };
        let (rows, columns) = (u64::from(matrix.shape().rows()), matrix.shape().columns());
        if first > end || end > rows {
            let reason = format!("rows {first} to {end} of {rows} were asked for");
            return Err(Error::InvalidArgument(reason));
        }
        if (out.rows, out.columns) != (end - first, columns.into()) {
            let reason = format!("{} rows of {columns} weights do not fit out", end - first);
            return Err(Error::InvalidArgument(reason));
        }
        match matrix {
            wcodec_packed::Host(matrix) => {
                let row_bytes = 2 * columns as usize;
                let weights = matrix.unpack()?;
                let part = first as usize * row_bytes..end as usize * row_bytes;
                // SAFETY: the caller's condition.
                unsafe { out.write(&weights[part]) }
            }
            wcodec_packed::Device(matrix) => {
                let part = first as u32..end as u32;
                // SAFETY: the caller's condition.
                unsafe { matrix.launch_unpack(part, out.on_device()?, raw(stream)) }
            }
        }
    })
}
