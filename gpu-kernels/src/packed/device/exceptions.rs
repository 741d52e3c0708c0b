//! Weights that stand beside the form.

use super::numbers::TileRows;
use super::sums::Tile;
use super::unroll::each;
use crate::packed::launch::{DeviceMatrix, Rows};
use wcodec_codec::packed::Exception;

/// In place of an exception that there is not: a matrix has fewer columns.
pub const NONE: Exception = Exception { column: u32::MAX, weight: 0 };

/// The exceptions of a row: the numbers of the first and of the one after the last, whatever the
/// row starts hold.
///
/// # Safety
/// The matrix is on the device and has row starts.
#[inline(always)]
pub unsafe fn exceptions_of(matrix: &DeviceMatrix, row: u32) -> (u32, u32) {
    let starts = (matrix.row_starts + 4 * u64::from(row)) as *const u32;
    // SAFETY: there is a start for each row of each block, and the end of the last.
    let (start, end) = unsafe { (*starts, *starts.add(1)) };
    (start, if end < matrix.exception_count { end } else { matrix.exception_count })
}

/// An exception.
///
/// # Safety
/// The matrix is on the device and has so many exceptions.
#[inline(always)]
pub unsafe fn exception(matrix: &DeviceMatrix, number: u32) -> Exception {
    // SAFETY: the caller's condition.
    unsafe { *((matrix.exceptions + 8 * u64::from(number)) as *const Exception) }
}

/// The elements of a column in every so many rows of x, from `first` on. Those of rows that x does
/// not have are other ones: so nothing depends on a condition, and all are on their way at once.
///
/// # Safety
/// x has the column, and a row in the tile.
#[inline(always)]
pub unsafe fn column_of<R: TileRows, const ROWS: usize>(
    x: &Rows,
    tile: &Tile<R>,
    (first, lanes): (u32, u32),
    column: u32,
) -> [u16; ROWS] {
    let mut elements = [0; ROWS];
    each::<ROWS>(|index| {
        let row = tile.first + first + index as u32 * lanes;
        let row = if row < tile.n { row } else { tile.first };
        let at = x.address + 2 * (u64::from(tile.rows.of_x(row)) * x.stride + u64::from(column));
        // SAFETY: x has the row and the column.
        elements[index] = unsafe { *(at as *const u16) };
    });
    elements
}
