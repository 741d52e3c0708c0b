//! Rows of BF16 numbers of the caller's.

use crate::pointers::{elements, room};
use std::ptr;
use wcodec::gpu::RawRows;
use wcodec::packed::WeightRows;
use wcodec::{Error, Result};

/// Rows of BF16 numbers: on a GPU in its memory, otherwise in the process's own.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct wcodec_rows {
    /// The address of the first number.
    pub address: u64,
    /// Rows.
    pub rows: u64,
    /// Numbers in each.
    pub columns: u64,
    /// Numbers from the start of a row to that of the next.
    pub stride: u64,
}

impl wcodec_rows {
    /// On a device.
    pub fn on_device(&self) -> Result<RawRows> {
        RawRows::new(self.address, self.rows, self.columns, self.stride)
    }

    /// In host memory, to read.
    ///
    /// # Safety
    /// They are there, and nothing changes them while the reference lives.
    pub unsafe fn on_host<'a>(&self) -> Result<WeightRows<'a>> {
        // Two bytes are aligned as they like.
        let address = ptr::with_exposed_provenance::<u8>(self.address as usize);
        // SAFETY: the caller's condition.
        let bytes = unsafe { elements(address, self.bytes()?, "the address of rows") }?;
        WeightRows::with_stride(bytes, self.rows, self.columns, self.stride)
    }

    /// Writes rows of as many numbers to host memory.
    ///
    /// # Safety
    /// There is room for them, which nothing else uses meanwhile.
    pub unsafe fn write(&self, numbers: &[u8]) -> Result<()> {
        let row_bytes = self.columns as usize * 2;
        let address = ptr::with_exposed_provenance_mut::<u8>(self.address as usize);
        // SAFETY: the caller's condition.
        let out = unsafe { room(address, self.bytes()?, "the address of rows") }?;
        if row_bytes == 0 {
            return Ok(());
        }
        let rows = out.chunks_mut(self.stride as usize * 2).zip(numbers.chunks_exact(row_bytes));
        for (out, numbers) in rows {
            out[..row_bytes].copy_from_slice(numbers);
        }
        Ok(())
    }

    /// Bytes from the first number to the end of the last.
    fn bytes(&self) -> Result<usize> {
        // Checks that rows do not overlap, and that they end.
        let end = match self.rows == 0 || self.columns == 0 {
            true => Some(0),
            false => (self.rows - 1)
                .checked_mul(self.stride)
                .and_then(|before| before.checked_add(self.columns))
                .and_then(|numbers| numbers.checked_mul(2)),
        };
        let overlap = self.rows > 1 && self.stride < self.columns;
        let bytes = end.filter(|_| !overlap).and_then(|bytes| usize::try_from(bytes).ok());
        bytes.ok_or_else(|| {
            Error::InvalidArgument(format!(
                "{} rows of {} numbers cannot lie {} numbers apart",
                self.rows, self.columns, self.stride
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(numbers: &mut [u16], rows: u64, columns: u64, stride: u64) -> wcodec_rows {
        let address = numbers.as_mut_ptr().expose_provenance() as u64;
        wcodec_rows { address, rows, columns, stride }
    }

    #[test]
    fn rows_are_written_where_they_lie_and_nothing_beside_them() {
        let mut numbers = [9u16; 8];
        let rows = rows(&mut numbers, 2, 3, 5);
        let new: Vec<u8> = (1..=6u16).flat_map(u16::to_le_bytes).collect();
        // SAFETY: two rows of three, five apart, are eight numbers.
        unsafe { rows.write(&new) }.unwrap();
        assert_eq!(numbers, [1, 2, 3, 9, 9, 4, 5, 6]);
    }

    #[test]
    fn rows_that_cannot_be_are_refused() {
        let mut numbers = [0u16; 8];
        for (height, columns, stride) in [(2, 3, 2), (u64::MAX, 2, 4), (3, u64::MAX, u64::MAX)] {
            let rows = rows(&mut numbers, height, columns, stride);
            // SAFETY: they are refused before anything is read.
            let error = unsafe { rows.on_host() }.unwrap_err();
            assert_eq!(error.code(), "invalid_argument");
        }
        let nowhere = wcodec_rows { address: 0, rows: 1, columns: 1, stride: 1 };
        // SAFETY: an address of NULL is refused before anything is read.
        let error = unsafe { nowhere.on_host() }.unwrap_err();
        assert!(error.to_string().contains("NULL"), "{error}");
    }
}
