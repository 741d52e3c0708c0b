//! Weights that stand beside the form.

use super::form::DeviceForm;
use super::numbers::TileRows;
use super::sums::{Sums, Tile};
use super::unroll::each;
use crate::packed::launch::{DeviceMatrix, Rows, TILE_ROWS};
use cuda_std::warp::lane_id;
use wcodec_codec::packed::{BLOCK_ROWS, Exception, LANES, PARTS, bf16};

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

/// The exceptions of a row, which some lanes share: each multiplies them by every so many rows of x
/// of a tile, and adds the products up in the order of their columns.
///
/// Each element of x is far away, as is the exception before it. So nothing waits for them: between
/// steps each exception goes on by one, from the list to a lane, to its elements, to the sums.
pub struct RowExceptions<'a, R, const ROWS: usize> {
    pub x: &'a Rows,
    pub matrix: &'a DeviceMatrix,
    tile: &'a Tile<R>,
    /// The row in the tile, the first row of x, and how many lanes share the row.
    row: u32,
    first: u32,
    lanes: u32,
    /// The exception that is asked for next, and the one after the last.
    number: u32,
    end: u32,
    /// The one that was asked for, and the one before it, whose elements of x were.
    asked: Exception,
    now: Exception,
    elements: [u16; ROWS],
    sums: [f32; ROWS],
}

impl<'a, R: TileRows, const ROWS: usize> RowExceptions<'a, R, ROWS> {
    /// Those of the row of `blocks` blocks of rows that the calling lane of warp `warp`, of
    /// [`PARTS`], shares. `ROWS` times as many rows of x as lanes share a row are those of a tile.
    ///
    /// # Safety
    /// As [`multiply`](super::multiply::multiply); the tile has a row of x.
    #[inline(always)]
    pub unsafe fn new<F: DeviceForm<N>, const N: usize>(
        blocks: u32,
        x: &'a Rows,
        matrix: &'a DeviceMatrix,
        tile: &'a Tile<R>,
        warp: u32,
    ) -> Self {
        let lanes = LANES * PARTS / BLOCK_ROWS / blocks;
        let row = (warp * LANES + lane_id()) / lanes;
        let matrix_row = tile.block * BLOCK_ROWS + row;
        let (number, end) = if F::FORM.has_exceptions() && matrix_row < matrix.blocks() * BLOCK_ROWS
        {
            // SAFETY: the form has row starts, and the caller's condition.
            unsafe { exceptions_of(matrix, matrix_row) }
        } else {
            (0, 0)
        };
        let (asked, now) = (NONE, NONE);
        let (elements, sums) = ([0; ROWS], [0.0; ROWS]);
        let first = lane_id() % lanes;
        Self { x, matrix, tile, row, first, lanes, number, end, asked, now, elements, sums }
    }

    /// Whether some are not added up.
    #[inline(always)]
    fn are_left(&self) -> bool {
        self.number < self.end || self.asked.column != NONE.column || self.now.column != NONE.column
    }

    /// Goes on by one exception, if any is left.
    ///
    /// # Safety
    /// As [`RowExceptions::new`].
    #[inline(always)]
    pub unsafe fn advance(&mut self) {
        if !self.are_left() {
            return;
        }
        if self.now.column < self.matrix.columns {
            let value = self.now.value();
            each::<ROWS>(|index| self.sums[index] += value * bf16::widen(self.elements[index]));
        }
        self.now = self.asked;
        // SAFETY: the number is below the number of exceptions, x has the column, and the caller's
        // condition.
        unsafe {
            if self.now.column < self.matrix.columns {
                let (rows, column) = ((self.first, self.lanes), self.now.column);
                self.elements = column_of::<R, ROWS>(self.x, self.tile, rows, column);
            }
            self.asked = NONE;
            if self.number < self.end {
                self.asked = exception(self.matrix, self.number);
                self.number += 1;
            }
        }
    }

    /// Adds up those that are left, and writes the sums to shared memory.
    ///
    /// # Safety
    /// As [`RowExceptions::new`]; the block has the memory.
    #[inline(always)]
    pub unsafe fn finish<const TILES: usize>(&mut self, sums: Sums<TILES>) {
        while self.are_left() {
            // SAFETY: the caller's condition.
            unsafe { self.advance() };
        }
        each::<ROWS>(|index| {
            let x_row = self.first + index as u32 * self.lanes;
            if x_row < TILES as u32 * TILE_ROWS {
                // SAFETY: no other lane has this row of the block and of the tile.
                unsafe { sums.store_exceptions(self.row, x_row, self.sums[index]) };
            }
        });
    }
}

/// The elements of a column in every so many rows of x, from `first` on. Those of rows that x does
/// not have are other ones: so nothing depends on a condition, and all are on their way at once.
///
/// # Safety
/// x has the column, and a row in the tile.
#[inline(always)]
unsafe fn column_of<R: TileRows, const ROWS: usize>(
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

/// In place of an exception that there is not: a matrix has fewer columns.
const NONE: Exception = Exception { column: u32::MAX, weight: 0 };
