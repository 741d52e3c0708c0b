//! Rows of BF16 numbers in device memory.

use crate::gpu::driver::DeviceMemory;
use crate::{Error, Result};
use wcodec_codec::packed::Shape;
use wcodec_kernels::packed::launch::Rows;

/// Rows of BF16 numbers at an address of the device, which the caller vouches for.
#[derive(Debug, Clone, Copy)]
pub struct RawRows {
    address: u64,
    shape: Shape,
    stride: u64,
}

impl RawRows {
    /// `rows` rows of `columns` numbers from a device address on, each beginning `stride` numbers
    /// after the one before it.
    ///
    /// Rows that begin on multiples of 16 bytes are read and written faster.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] where the address is odd, rows overlap, the last ends beyond all
    /// addresses, or rows or columns are above [`Shape::MAX`].
    pub fn new(address: u64, rows: u64, columns: u64, stride: u64) -> Result<Self> {
        let shape = Shape::new(rows, columns).ok_or_else(|| {
            let most = Shape::MAX;
            Error::InvalidArgument(format!("{rows} × {columns}: at most {most} rows and columns"))
        })?;
        let this = Self { address, shape, stride };
        let ends = this.checked_bytes().and_then(|bytes| address.checked_add(bytes));
        if !address.is_multiple_of(2) || ends.is_none() || rows > 1 && stride < columns {
            return Err(Error::InvalidArgument(format!(
                "{rows} rows of {columns} BF16 numbers, {stride} from one to the next, cannot lie \
                 at the address {address:#x}"
            )));
        }
        Ok(this)
    }

    /// Bytes from the first number to the end of the last.
    fn checked_bytes(&self) -> Option<u64> {
        if self.shape.weights() == 0 {
            return Some(0);
        }
        let before = u64::from(self.shape.rows() - 1).checked_mul(self.stride)?;
        before.checked_add(self.shape.columns().into())?.checked_mul(2)
    }

    /// Rows and columns.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// The address of the first number.
    pub fn address(&self) -> u64 {
        self.address
    }

    /// Numbers from the start of a row to that of the next.
    pub fn stride(&self) -> u64 {
        self.stride
    }

    /// As the kernels take them.
    pub(super) fn rows(&self) -> Rows {
        Rows { address: self.address, stride: self.stride }
    }
}

/// Rows of BF16 numbers in device memory of ours: of a matrix, of x or of y.
#[derive(Clone, Copy)]
pub struct GpuRows<'a> {
    pub(super) memory: &'a DeviceMemory,
    pub(super) raw: RawRows,
}

impl<'a> GpuRows<'a> {
    /// `rows` rows of `columns` numbers from byte `offset` of the memory on, one after another.
    ///
    /// # Errors
    /// As [`GpuRows::with_stride`].
    pub fn new(memory: &'a DeviceMemory, offset: u64, rows: u64, columns: u64) -> Result<Self> {
        Self::with_stride(memory, offset, rows, columns, columns)
    }

    /// As [`GpuRows::new`], each row beginning `stride` numbers after the one before it.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] where they are not all in the memory; those of [`RawRows::new`].
    pub fn with_stride(
        memory: &'a DeviceMemory,
        offset: u64,
        rows: u64,
        columns: u64,
        stride: u64,
    ) -> Result<Self> {
        let address = memory.address().checked_add(offset);
        let raw = RawRows::new(address.unwrap_or(u64::MAX), rows, columns, stride)?;
        let end = raw.checked_bytes().and_then(|bytes| offset.checked_add(bytes));
        if end.is_none_or(|end| end > memory.len()) {
            return Err(Error::InvalidArgument(format!(
                "{rows} rows of {columns} BF16 numbers, {stride} from one to the next, from byte \
                 {offset} on of {} bytes of device memory",
                memory.len()
            )));
        }
        Ok(Self { memory, raw })
    }

    /// Rows and columns.
    pub fn shape(&self) -> Shape {
        self.raw.shape
    }
}
