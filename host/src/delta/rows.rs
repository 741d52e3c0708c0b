//! Rows of a tensor that lie at other places in its reference: vocabularies grow, shrink and are
//! put into another order.

use super::header::{MOST_ROWS, corrupt};
use crate::memory::{reserve, resize};
use crate::{Error, Result};
use rayon::prelude::*;

/// For each row of a tensor the row of its reference that it is coded against, or none: it is then
/// coded against zeros.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowMap {
    row_bytes: u64,
    rows: Vec<Option<u32>>,
}

impl RowMap {
    /// A map of rows of so many bytes.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] where rows have no bytes.
    pub fn new(row_bytes: u64, rows: Vec<Option<u32>>) -> Result<Self> {
        match row_bytes {
            0 => Err(Error::InvalidArgument("rows of a map have at least one byte".to_owned())),
            _ => Ok(Self { row_bytes, rows }),
        }
    }

    /// Bytes of a row.
    pub fn row_bytes(&self) -> u64 {
        self.row_bytes
    }

    /// The row of the reference for each row.
    pub fn rows(&self) -> &[Option<u32>] {
        &self.rows
    }

    /// Checks that it is one of a tensor and a reference of so many bytes.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`].
    pub(super) fn check(&self, byte_len: u64, reference_len: u64) -> Result<()> {
        let row = self.row_bytes;
        let rows = reference_len / row;
        let inside = |found: &Option<u32>| found.is_none_or(|found| u64::from(found) < rows);
        let whole = self.rows.len() as u64 == byte_len / row
            && byte_len.is_multiple_of(row)
            && reference_len.is_multiple_of(row);
        if whole && rows <= MOST_ROWS && self.rows.iter().all(inside) {
            return Ok(());
        }
        Err(Error::InvalidArgument(format!(
            "a map of {} rows of {row} bytes is none from {reference_len} bytes to {byte_len}",
            self.rows.len()
        )))
    }

    /// The codes of the rows: 0 for none, otherwise how far a row lies from the one after the last,
    /// folded, and 1 more.
    pub(super) fn to_codes(&self) -> Result<Vec<u8>> {
        let mut codes: Vec<u8> = reserve(4 * self.rows.len() as u64, "a map of rows")?;
        let mut next = 0i64;
        for row in &self.rows {
            let code = row.map_or(0, |row| {
                let distance = i64::from(row) - next;
                next = i64::from(row) + 1;
                (distance << 1 ^ distance >> 63) as u32 + 1
            });
            codes.extend(code.to_le_bytes());
        }
        Ok(codes)
    }

    /// Reads codes; every row is one of the `reference_rows`.
    ///
    /// # Errors
    /// [`Error::Corrupt`]; [`Error::OutOfMemory`].
    pub(super) fn of_codes(row_bytes: u64, codes: &[u8], reference_rows: u64) -> Result<Self> {
        let (codes, _) = codes.as_chunks::<4>();
        let mut rows = reserve(codes.len() as u64, "a map of rows")?;
        let mut next = 0i64;
        for code in codes {
            let row = match u32::from_le_bytes(*code).checked_sub(1).map(i64::from) {
                None => None,
                Some(folded) => {
                    let row = next + (folded >> 1 ^ -(folded & 1));
                    let inside = u64::try_from(row).is_ok_and(|row| row < reference_rows);
                    next = row + 1;
                    let row = u32::try_from(row).ok().filter(|_| inside);
                    Some(row.ok_or_else(|| corrupt("its map has a row that is not there"))?)
                }
            };
            rows.push(row);
        }
        Ok(Self { row_bytes, rows })
    }

    /// Copies the rows of the reference to their places, and zeros where there is none; all lengths
    /// were checked.
    pub(crate) fn gather(&self, reference: &[u8], out: &mut [u8]) {
        let len = self.row_bytes as usize;
        out.par_chunks_mut(len).zip(&self.rows).for_each(|(out, row)| match row {
            Some(row) => out.copy_from_slice(&reference[*row as usize * len..][..len]),
            None => out.fill(0),
        });
    }

    /// The rows of the reference at their places.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub(crate) fn gathered(&self, reference: &[u8]) -> Result<Vec<u8>> {
        let mut gathered = Vec::new();
        let len = self.rows.len() as u64 * self.row_bytes;
        resize(&mut gathered, len, "the rows of a reference")?;
        self.gather(reference, &mut gathered);
        Ok(gathered)
    }
}

#[cfg(test)]
mod tests {
    use super::{MOST_ROWS, RowMap};

    #[test]
    fn codes_are_read_back() {
        // The last of the most rows that there are, and back to the first.
        let last = MOST_ROWS as u32 - 1;
        let rows = vec![Some(3), Some(4), None, Some(5), Some(0), Some(last), Some(0)];
        let map = RowMap::new(8, rows).unwrap();
        let codes = map.to_codes().unwrap();
        assert_eq!(codes[..16], [7, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0]);
        assert_eq!(RowMap::of_codes(8, &codes, MOST_ROWS).unwrap(), map);
        let beyond = RowMap::of_codes(8, &codes, MOST_ROWS - 1);
        assert_eq!(beyond.unwrap_err().code(), "corrupt");
        let before = RowMap::of_codes(8, &2u32.to_le_bytes(), 9);
        assert_eq!(before.unwrap_err().code(), "corrupt");
    }
}
