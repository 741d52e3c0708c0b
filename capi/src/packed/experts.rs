//! Matrices of one shape of which each row of y names its own.

use super::matrix::{other_device, wcodec_packed};
use super::rows::wcodec_rows;
use crate::call::call;
use crate::gpu::raw;
use crate::pointers::{Out, elements, free, object};
use crate::status::wcodec_status;
use std::ffi::c_void;
use std::ptr;
use wcodec::gpu::{GpuExperts, GpuPackedMatrix};
use wcodec::packed::{PackedMatrix, multiply_experts};
use wcodec::{Error, Result};

/// Packed matrices of one shape, whose numbers are their places: the experts of a layer.
pub enum wcodec_experts {
    /// In host memory.
    Host(Vec<PackedMatrix>),
    /// On a GPU.
    Device(GpuExperts),
}

/// Makes experts of matrices of one shape, all on one GPU or all in host memory. The matrices can be
/// freed afterwards: the experts share their memory on a GPU, and have copies otherwise.
///
/// # Safety
/// There are as many matrices; `experts` has room for a pointer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wcodec_experts_new(
    matrices: *const *const wcodec_packed,
    count: usize,
    experts: *mut *mut wcodec_experts,
) -> wcodec_status {
    call(|| {
        // SAFETY: the caller's condition.
        let (out, matrices) = unsafe {
            let matrices = elements(matrices, count, "matrices")?.iter();
            let matrices = matrices.map(|&matrix| object(matrix, "a matrix"));
            (Out::new(experts, "experts")?, matrices.collect::<Result<Vec<_>>>()?)
        };
        out.put_new(of(&matrices)?);
        Ok(())
    })
}

fn of(matrices: &[&wcodec_packed]) -> Result<wcodec_experts> {
    let host = || {
        matrices.iter().map(|matrix| match matrix {
            wcodec_packed::Host(matrix) => Some(matrix.clone()),
            wcodec_packed::Device(_) => None,
        })
    };
    let device = || {
        matrices.iter().map(|matrix| match matrix {
            wcodec_packed::Device(matrix) => Some(matrix.clone()),
            wcodec_packed::Host(_) => None,
        })
    };
    match matrices.first() {
        None => Err(Error::InvalidArgument("there is no matrix".into())),
        Some(wcodec_packed::Host(first)) => {
            let matrices = host().collect::<Option<Vec<_>>>().ok_or_else(other_device)?;
            if matrices.iter().any(|matrix| matrix.shape() != first.shape()) {
                return Err(Error::InvalidArgument("the matrices are of several shapes".into()));
            }
            Ok(wcodec_experts::Host(matrices))
        }
        Some(wcodec_packed::Device(first)) => {
            let matrices: Option<Vec<GpuPackedMatrix>> = device().collect();
            let matrices = matrices.ok_or_else(other_device)?;
            Ok(wcodec_experts::Device(GpuExperts::new(first.kernels(), matrices)?))
        }
    }
}

/// Starts to multiply: row i of y is that of the expert which number i names with row i / k of x,
/// where y has k times as many rows as x. `numbers` is the address of 32-bit numbers, one for each
/// row of y, on a GPU in its memory. A number that no expert has leaves a row as it is on a GPU, and
/// makes it zero in host memory.
///
/// # Safety
/// As `wcodec_packed_multiply`, and the numbers are there.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wcodec_experts_multiply(
    experts: *const wcodec_experts,
    x: *const wcodec_rows,
    numbers: u64,
    y: *const wcodec_rows,
    stream: *mut c_void,
) -> wcodec_status {
    call(|| {
        // SAFETY: the caller's condition.
        let (experts, x, y) =
            unsafe { (object(experts, "experts")?, object(x, "x")?, object(y, "y")?) };
        match experts {
            // SAFETY: the caller's condition.
            wcodec_experts::Device(experts) => unsafe {
                experts.launch_multiply(x.on_device()?, numbers, y.on_device()?, raw(stream))
            },
            // SAFETY: the caller's condition.
            wcodec_experts::Host(matrices) => unsafe { on_host(matrices, x, numbers, y) },
        }
    })
}

/// # Safety
/// As [`wcodec_experts_multiply`].
unsafe fn on_host(
    matrices: &[PackedMatrix],
    x: &wcodec_rows,
    numbers: u64,
    y: &wcodec_rows,
) -> Result<()> {
    let rows = u64::from(matrices[0].shape().rows());
    if y.columns != rows {
        let reason = format!("y has {} columns, the matrices {rows} rows", y.columns);
        return Err(Error::InvalidArgument(reason));
    }
    let numbers = ptr::with_exposed_provenance::<u32>(numbers as usize);
    let count = usize::try_from(y.rows).unwrap_or(usize::MAX);
    let matrices: Vec<&PackedMatrix> = matrices.iter().collect();
    // SAFETY: the caller's condition.
    unsafe {
        let numbers = elements(numbers, count, "numbers")?;
        y.write(&multiply_experts(&matrices, &x.on_host()?, numbers)?)
    }
}

/// Frees experts.
///
/// # Safety
/// They are NULL, or nothing uses them, work on a stream neither.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wcodec_experts_free(experts: *mut wcodec_experts) {
    // SAFETY: the caller's condition.
    unsafe { free(experts) };
}
