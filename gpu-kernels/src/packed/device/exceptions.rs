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

/// Adds up the products of the exceptions of `blocks` blocks of rows, in the order of each row's
/// columns, by [`PARTS`] warps: `ROWS` is how many rows of x a lane takes, which are those of
/// `TILES` tiles in all.
///
/// # Safety
/// As [`multiply`](super::multiply::multiply), for warp `warp`; the tile has a row of x.
#[inline(always)]
pub unsafe fn add_exceptions<F, R, const N: usize, const TILES: usize, const ROWS: usize>(
    blocks: u32,
    x: &Rows,
    matrix: &DeviceMatrix,
    tile: &Tile<R>,
    warp: u32,
    sums: Sums<TILES>,
) where
    F: DeviceForm<N>,
    R: TileRows,
{
    // Lanes that share a row's exceptions: each takes one of so many rows of x.
    let lanes = LANES * PARTS / BLOCK_ROWS / blocks;
    let row = (warp * LANES + lane_id()) / lanes;
    let first = lane_id() % lanes;
    let is_there = tile.block * BLOCK_ROWS + row < matrix.blocks() * BLOCK_ROWS;
    let (start, end) = if F::FORM.has_exceptions() && is_there {
        // SAFETY: the form has row starts, and the caller's condition.
        unsafe { exceptions_of(matrix, tile.block * BLOCK_ROWS + row) }
    } else {
        (0, 0)
    };
    // The next one is on its way while this one's elements of x are: each of them is far away.
    // SAFETY: the number is below the number of exceptions.
    let load = |number| if number < end { unsafe { exception(matrix, number) } } else { NONE };
    let mut next = load(start);
    let mut results = [0.0; ROWS];
    for number in start..end {
        let now = core::mem::replace(&mut next, load(number + 1));
        if now.column < matrix.columns {
            // SAFETY: x has the column, and the caller's condition.
            let elements = unsafe { column_of::<R, ROWS>(x, tile, (first, lanes), now.column) };
            each::<ROWS>(|index| results[index] += now.value() * bf16::widen(elements[index]));
        }
    }
    each::<ROWS>(|index| {
        let x_row = first + index as u32 * lanes;
        if x_row < TILES as u32 * TILE_ROWS {
            // SAFETY: no other lane has this row of the block and of the tile.
            unsafe { sums.store_exceptions(row, x_row, results[index]) };
        }
    });
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

/// In place of an exception after the last.
const NONE: Exception = Exception { column: u32::MAX, weight: 0 };
