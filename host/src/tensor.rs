//! A tensor as the codec sees it: a dtype, a shape, and its bytes.

use crate::shape::{Shape, byte_len_of};
use crate::{Dtype, Error, Result};
use std::ops::{Bound, Range, RangeBounds};

/// A borrowed tensor: row-major, little-endian elements.
#[derive(Debug, Clone, Copy)]
pub struct TensorView<'a> {
    dtype: Dtype,
    shape: &'a [u64],
    data: &'a [u8],
}

impl<'a> TensorView<'a> {
    /// A view of `data` as `shape` elements of `dtype`.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] where `data` is not exactly as long as the shape and dtype say.
    pub fn new(dtype: Dtype, shape: &'a [u64], data: &'a [u8]) -> Result<Self> {
        let expected = byte_len(dtype, shape)?;
        if expected != data.len() as u64 {
            return Err(Error::InvalidArgument(format!(
                "a {dtype} tensor of shape {shape:?} has {expected} bytes, {} were given",
                data.len()
            )));
        }
        Ok(Self { dtype, shape, data })
    }

    /// The element type.
    pub fn dtype(&self) -> Dtype {
        self.dtype
    }

    /// The extents, outermost first; empty for rank 0.
    pub fn shape(&self) -> &'a [u64] {
        self.shape
    }

    /// The elements' bytes.
    pub fn data(&self) -> &'a [u8] {
        self.data
    }
}

/// A tensor of its own: row-major, little-endian elements, as many as its shape has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tensor {
    dtype: Dtype,
    shape: Vec<u64>,
    data: Vec<u8>,
}

impl Tensor {
    /// A tensor of the bytes `data`, which are as many as dtype and shape say.
    pub(crate) fn of_checked(dtype: Dtype, shape: Vec<u64>, data: Vec<u8>) -> Self {
        Self { dtype, shape, data }
    }

    /// The element type.
    pub fn dtype(&self) -> Dtype {
        self.dtype
    }

    /// The extents, outermost first; empty for rank 0.
    pub fn shape(&self) -> &[u64] {
        &self.shape
    }

    /// The elements' bytes.
    pub fn data(&self) -> &[u8] {
        &self.data
    }

    /// The elements' bytes, without the rest.
    pub fn into_data(self) -> Vec<u8> {
        self.data
    }

    /// The tensor, borrowed.
    pub fn view(&self) -> TensorView<'_> {
        TensorView { dtype: self.dtype, shape: &self.shape, data: &self.data }
    }
}

/// The number of bytes that a tensor of this dtype and shape has.
///
/// # Errors
/// [`Error::InvalidArgument`] where it does not fit 64 bits or, for dtypes below 8 bits, is not
/// whole bytes.
pub fn byte_len(dtype: Dtype, shape: &[u64]) -> Result<u64> {
    byte_len_of(dtype, shape.iter().copied()).map_err(|reason| {
        Error::InvalidArgument(format!("a {dtype} tensor of shape {shape:?} {reason}"))
    })
}

/// The bytes of a tensor that hold `rows`, indices of its first dimension.
///
/// # Errors
/// [`Error::InvalidArgument`] where it has no such rows, or they do not begin and end on a byte;
/// `place` names the tensor.
pub(crate) fn row_bytes(
    dtype: Dtype,
    shape: &Shape,
    rows: &Range<u64>,
    place: impl FnOnce() -> String,
) -> Result<Range<u64>> {
    whole_bytes(dtype, shape, rows).ok_or_else(|| {
        Error::InvalidArgument(format!(
            "{}, of dtype {dtype} and shape {shape:?}, has no rows {rows:?} of whole bytes",
            place()
        ))
    })
}

/// The bytes of a tensor of `byte_len` that hold `rows`; of all where these have no bounds.
///
/// # Errors
/// As [`row_bytes`].
pub(crate) fn rows_of(
    dtype: Dtype,
    shape: &Shape,
    byte_len: u64,
    rows: &impl RangeBounds<u64>,
    place: impl FnOnce() -> String,
) -> Result<Range<u64>> {
    // No tensor has as many rows: saturating bounds are outside as well.
    let start = match rows.start_bound() {
        Bound::Included(&row) => row,
        Bound::Excluded(&row) => row.saturating_add(1),
        Bound::Unbounded => 0,
    };
    let end = match (rows.start_bound(), rows.end_bound()) {
        (Bound::Unbounded, Bound::Unbounded) => return Ok(0..byte_len),
        (_, Bound::Included(&row)) => row.saturating_add(1),
        (_, Bound::Excluded(&row)) => row,
        (_, Bound::Unbounded) => shape.iter().next().unwrap_or(0),
    };
    row_bytes(dtype, shape, &(start..end), place)
}

/// Checks that a `T` has the size of an element, and gives it in bytes.
///
/// # Errors
/// [`Error::InvalidArgument`]; `place` names the tensor.
pub(crate) fn check_element<T>(dtype: Dtype, place: impl FnOnce() -> String) -> Result<u64> {
    let (bits, size) = (dtype.bitsize(), size_of::<T>());
    if bits == 8 * size {
        return Ok(size as u64);
    }
    let (place, found) = (place(), std::any::type_name::<T>());
    let instead = match bits {
        8.. => format!("take a type of {} bytes", bits / 8),
        _ => "take its bytes as they are".to_owned(),
    };
    Err(Error::InvalidArgument(format!(
        "{place}, of dtype {dtype}, has elements of {bits} bits, but {found} has {}: {instead}",
        8 * size
    )))
}

fn whole_bytes(dtype: Dtype, shape: &Shape, rows: &Range<u64>) -> Option<Range<u64>> {
    let mut extents = shape.iter();
    let count = extents.next()?;
    if rows.start > rows.end || rows.end > count {
        return None;
    }
    let bits = dtype.bitsize() as u64;
    let row_bits = extents.try_fold(bits, |bits, extent| bits.checked_mul(extent))?;
    // In 128 bits, as the bits of a tensor whose bytes are counted in 64 need not fit 64.
    let bytes_before = |row: u64| {
        let bits = u128::from(row) * u128::from(row_bits);
        if bits.is_multiple_of(8) { u64::try_from(bits / 8).ok() } else { None }
    };
    Some(bytes_before(rows.start)?..bytes_before(rows.end)?)
}
