//! y = x Wᵀ for packed W.

use super::matrix::{other_device, wcodec_packed};
use super::rows::wcodec_rows;
use crate::call::call;
use crate::gpu::raw;
use crate::pointers::{bytes, elements, object};
use crate::status::wcodec_status;
use std::ffi::c_void;
use std::ptr;
use wcodec::gpu::{DensePiece, GpuPackedMatrix, RawProduct, RawRows};
use wcodec::packed::PackedMatrix;
use wcodec::{Error, Result};

/// A matrix to multiply by, and where the result goes.
#[repr(C)]
pub struct wcodec_product {
    /// The matrix.
    pub matrix: *const wcodec_packed,
    /// Room for the result: a row for each row of x, a number for each row of the matrix.
    pub y: wcodec_rows,
    /// The address of BF16 numbers, one for each row of the matrix, that are added to each row of
    /// the result; 0 for none.
    pub bias: u64,
}

/// Some rows of a matrix, unpacked, for a dense product: y = x weightsᵀ + bias.
#[repr(C)]
pub struct wcodec_dense_piece {
    /// The weights.
    pub weights: wcodec_rows,
    /// What they are multiplied with.
    pub x: wcodec_rows,
    /// Room for the result.
    pub y: wcodec_rows,
    /// The address of numbers to add to each row of the result; 0 for none.
    pub bias: u64,
}

/// Starts a dense product of the caller's, on the stream that it was called for. Returns whether it
/// could.
pub type wcodec_dense =
    Option<unsafe extern "C" fn(data: *mut c_void, piece: *const wcodec_dense_piece) -> bool>;

impl From<RawRows> for wcodec_rows {
    fn from(rows: RawRows) -> Self {
        let shape = rows.shape();
        Self {
            address: rows.address(),
            rows: shape.rows().into(),
            columns: shape.columns().into(),
            stride: rows.stride(),
        }
    }
}

impl From<DensePiece> for wcodec_dense_piece {
    fn from(piece: DensePiece) -> Self {
        let DensePiece { weights, x, y, bias, .. } = piece;
        let [weights, x, y] = [weights, x, y].map(wcodec_rows::from);
        Self { weights, x, y, bias: bias.unwrap_or(0) }
    }
}

impl wcodec_product {
    fn on_device<'a>(&self, matrix: &'a GpuPackedMatrix) -> Result<RawProduct<'a>> {
        let bias = (self.bias != 0).then_some(self.bias);
        Ok(RawProduct::new(matrix, self.y.on_device()?).bias(bias))
    }

    /// Multiplies in host memory.
    ///
    /// # Safety
    /// There are x, y and the bias, and y overlaps nothing else.
    unsafe fn on_host(&self, matrix: &PackedMatrix, x: &wcodec_rows) -> Result<()> {
        let rows = matrix.shape().rows() as usize;
        if (self.y.rows, self.y.columns) != (x.rows, rows as u64) {
            return Err(Error::InvalidArgument(format!(
                "y is {} × {}, the result {} × {rows}",
                self.y.rows, self.y.columns, x.rows
            )));
        }
        let bias = ptr::with_exposed_provenance::<c_void>(self.bias as usize);
        // SAFETY: the caller's condition.
        unsafe {
            let bias = if self.bias == 0 { None } else { Some(bytes(bias, 2 * rows, "bias")?) };
            self.y.write(&matrix.multiply(&x.on_host()?, bias)?)
        }
    }
}

/// Starts to multiply the rows of `x` by each of the matrices, all on one GPU or all in host memory:
/// one launch for up to four of one form. On a GPU nothing is allocated, copied or waited for, so
/// that it can be captured in a graph.
///
/// Each number is summed up in F32 in an order that depends on nothing but the number of columns: a
/// row of y is the same whatever other rows, or matrices, are multiplied with it.
///
/// # Safety
/// There are as many products; `x` and each bias are readable by work on `stream`, a stream of the
/// matrices' context, each y is writable and overlaps nothing else, and no matrix is freed, all of
/// that until the work is done.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wcodec_packed_multiply(
    products: *const wcodec_product,
    count: usize,
    x: *const wcodec_rows,
    stream: *mut c_void,
) -> wcodec_status {
    call(|| {
        // SAFETY: the caller's condition.
        let (products, x) = unsafe { (elements(products, count, "products")?, object(x, "x")?) };
        // SAFETY: the caller's condition.
        unsafe { multiply(products, x, stream) }
    })
}

/// Products that are launched together: no more need to be kept at a time.
const GROUP: usize = 8;

/// # Safety
/// As [`wcodec_packed_multiply`].
unsafe fn multiply(
    products: &[wcodec_product],
    x: &wcodec_rows,
    stream: *mut c_void,
) -> Result<()> {
    for group in products.chunks(GROUP) {
        // SAFETY: the caller's condition.
        unsafe { multiply_group(group, x, stream) }?;
    }
    Ok(())
}

/// # Safety
/// As [`wcodec_packed_multiply`].
unsafe fn multiply_group(
    products: &[wcodec_product],
    x: &wcodec_rows,
    stream: *mut c_void,
) -> Result<()> {
    // On the stack, as nothing is allocated here.
    let mut on_device: [Option<RawProduct<'_>>; GROUP] = [None; GROUP];
    let mut kernels = None;
    for (place, product) in on_device.iter_mut().zip(products) {
        // SAFETY: the caller's condition.
        match unsafe { object(product.matrix, "matrix") }? {
            // SAFETY: the caller's condition.
            wcodec_packed::Host(matrix) if kernels.is_none() => unsafe {
                product.on_host(matrix, x)?;
            },
            wcodec_packed::Host(_) => return Err(other_device()),
            wcodec_packed::Device(matrix) => {
                kernels = Some(matrix.kernels());
                *place = Some(product.on_device(matrix)?);
            }
        }
    }
    let Some(kernels) = kernels else { return Ok(()) };
    let Some(first) = on_device[0] else { return Err(other_device()) };
    let launched = on_device.map(|product| product.unwrap_or(first));
    // SAFETY: the caller's condition.
    unsafe { kernels.launch_multiply(&launched[..products.len()], x.on_device()?, raw(stream)) }
}

/// Rows of x up to which `wcodec_packed_multiply` is the faster way; with more it is
/// `wcodec_packed_multiply_any`, which unpacks. UINT64_MAX in host memory, 0 for NULL.
///
/// # Safety
/// `matrix` is NULL, or packed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wcodec_packed_most_rows(matrix: *const wcodec_packed) -> u64 {
    // SAFETY: the caller's condition.
    match unsafe { matrix.as_ref() } {
        None => 0,
        Some(wcodec_packed::Host(_)) => u64::MAX,
        Some(wcodec_packed::Device(matrix)) => matrix.kernels().most_packed_rows().into(),
    }
}

/// Starts to multiply the rows of `x`, however many: by the packed matrix up to
/// `wcodec_packed_most_rows`, and with more by pieces that are unpacked to the workspace (an address
/// of the device, 16-byte aligned, of at least 32 bytes a column; 64 MiB and more are fastest), for
/// each of which `dense` is called. Then sums are taken as `dense` takes them.
///
/// # Safety
/// As `wcodec_packed_multiply`; the workspace is writable by work on `stream` until the work is done;
/// `dense` may be called with `data`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wcodec_packed_multiply_any(
    product: *const wcodec_product,
    x: *const wcodec_rows,
    workspace: u64,
    workspace_length: u64,
    dense: wcodec_dense,
    data: *mut c_void,
    stream: *mut c_void,
) -> wcodec_status {
    call(|| {
        // SAFETY: the caller's condition.
        let (product, x) = unsafe { (object(product, "product")?, object(x, "x")?) };
        let dense = dense.ok_or_else(|| Error::InvalidArgument("dense is NULL".into()))?;
        // SAFETY: the caller's condition.
        let matrix = match unsafe { object(product.matrix, "matrix") }? {
            // SAFETY: the caller's condition.
            wcodec_packed::Host(matrix) => return unsafe { product.on_host(matrix, x) },
            wcodec_packed::Device(matrix) => matrix,
        };
        let start = |piece: DensePiece| {
            // SAFETY: the caller's condition.
            match unsafe { dense(data, &piece.into()) } {
                true => Ok(()),
                false => {
                    Err(Error::InvalidArgument("the dense product could not be started".into()))
                }
            }
        };
        let workspace = (workspace, workspace_length);
        let (launched, x) = (product.on_device(matrix)?, x.on_device()?);
        // SAFETY: the caller's condition.
        unsafe { matrix.kernels().launch_multiply_any(&launched, x, workspace, raw(stream), start) }
    })
}
