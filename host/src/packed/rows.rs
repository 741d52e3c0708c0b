//! BF16 numbers in memory, in rows.

use crate::{Error, Result};
use wcodec_codec::packed::Shape;

/// Borrowed rows of BF16 numbers, little-endian: of a matrix, or of its operand.
#[derive(Debug, Clone, Copy)]
pub struct WeightRows<'a> {
    bytes: &'a [u8],
    shape: Shape,
    /// Elements from the start of a row to that of the next.
    stride: u64,
}

impl<'a> WeightRows<'a> {
    /// `rows` rows of `columns` numbers, one after another.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] where there are not as many bytes, or either is above
    /// [`Shape::MAX`].
    pub fn new(bytes: &'a [u8], rows: u64, columns: u64) -> Result<Self> {
        let this = Self::with_stride(bytes, rows, columns, columns)?;
        let expected = this.shape.weights() * 2;
        if bytes.len() as u64 != expected {
            return Err(Error::InvalidArgument(format!(
                "{rows} rows of {columns} BF16 numbers have {expected} bytes, {} were given",
                bytes.len()
            )));
        }
        Ok(this)
    }

    /// `rows` rows of `columns` numbers, each beginning `stride` numbers after the one before it.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] where the bytes end before the last row does, rows overlap, or
    /// rows or columns are above [`Shape::MAX`].
    pub fn with_stride(bytes: &'a [u8], rows: u64, columns: u64, stride: u64) -> Result<Self> {
        let shape = Shape::new(rows, columns).ok_or_else(|| {
            let most = Shape::MAX;
            Error::InvalidArgument(format!("{rows} × {columns}: at most {most} rows and columns"))
        })?;
        let elements = rows.saturating_sub(1).checked_mul(stride);
        let elements = elements.and_then(|before| before.checked_add(columns));
        let end = elements.and_then(|elements| elements.checked_mul(2));
        let is_inside = shape.weights() == 0 || end.is_some_and(|end| end <= bytes.len() as u64);
        if !is_inside || rows > 1 && stride < columns {
            return Err(Error::InvalidArgument(format!(
                "{rows} rows of {columns} BF16 numbers, {stride} from one to the next, do not \
                 fit into {} bytes",
                bytes.len()
            )));
        }
        Ok(Self { bytes, shape, stride })
    }

    /// Rows and columns.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// The number in a row and a column that exist.
    pub(super) fn get(&self, row: u32, column: u32) -> u16 {
        let at = 2 * (u64::from(row) * self.stride + u64::from(column)) as usize;
        u16::from_le_bytes([self.bytes[at], self.bytes[at + 1]])
    }

    /// The bytes of a row that exists.
    pub(super) fn row(&self, row: u32) -> &'a [u8] {
        if self.shape.columns() == 0 {
            return &[];
        }
        let at = 2 * (u64::from(row) * self.stride) as usize;
        &self.bytes[at..at + 2 * self.shape.columns() as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_do_not_fit_are_refused() {
        let bytes = [0; 24];
        assert!(WeightRows::new(&bytes, 3, 4).is_ok());
        assert!(WeightRows::new(&bytes, 3, 3).is_err());
        assert!(WeightRows::with_stride(&bytes, 3, 3, 4).is_ok());
        assert!(WeightRows::with_stride(&bytes, 3, 4, 4).is_ok());
        assert!(WeightRows::with_stride(&bytes, 3, 4, 5).is_err());
        assert!(WeightRows::with_stride(&bytes, 2, 4, 3).is_err());
        assert!(WeightRows::with_stride(&bytes, 2, 4, u64::MAX).is_err());
        assert!(WeightRows::with_stride(&bytes, Shape::MAX + 1, 0, 0).is_err());
        assert!(WeightRows::new(&[], 0, 1 << 20).is_ok());
        assert!(WeightRows::new(&[], 1 << 20, 0).is_ok());
    }
}
