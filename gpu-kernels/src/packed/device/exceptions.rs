//! Weights that stand beside the form.

use super::form::DeviceForm;
use super::ptx;
use super::sums::{Sums, Tile};
use super::unroll::each;
use crate::packed::launch::{DeviceMatrix, Rows, TILE_ROWS};
use cuda_std::warp::lane_id;
use wcodec_codec::packed::{BLOCK_ROWS, Exception, bf16};

/// Lanes that share a row's exceptions: each takes every second row of x.
const LANES_A_ROW: u32 = 2;
/// Rows of a tile of x that a lane takes.
const PER_TILE: usize = (TILE_ROWS / LANES_A_ROW) as usize;

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

/// Adds up the products of a block's exceptions, in the order of each row's columns, by one warp.
///
/// # Safety
/// As [`multiply`](super::multiply::multiply); the tile has a row of x.
#[inline(always)]
pub unsafe fn add_exceptions<F, const N: usize, const TILES: usize>(
    x: &Rows,
    matrix: &DeviceMatrix,
    tile: &Tile,
    sums: Sums<TILES>,
) where
    F: DeviceForm<N>,
{
    let (row, first) = (lane_id() / LANES_A_ROW, lane_id() % LANES_A_ROW);
    let (start, end) = if F::FORM.has_exceptions() {
        // SAFETY: the form has row starts, and the caller's condition.
        unsafe { exceptions_of(matrix, tile.block * BLOCK_ROWS + row) }
    } else {
        (0, 0)
    };
    // The next one is on its way while this one's elements of x are: each of them is far away.
    // SAFETY: the number is below the number of exceptions.
    let load = |number| if number < end { unsafe { exception(matrix, number) } } else { NONE };
    let mut next = load(start);
    // Exceptions never change while they are multiplied; x may be what the kernel before this one
    // makes.
    ptx::wait_for_previous_kernel();
    let mut results = [[0.0; PER_TILE]; TILES];
    for number in start..end {
        let now = core::mem::replace(&mut next, load(number + 1));
        if now.column < matrix.columns {
            // SAFETY: x has the column, and the caller's condition.
            let elements = unsafe { column_of::<TILES>(x, tile, first, now.column) };
            each::<TILES>(|tile| {
                each::<PER_TILE>(|index| {
                    results[tile][index] += now.value() * bf16::widen(elements[tile][index]);
                });
            });
        }
    }
    each::<TILES>(|tile| {
        each::<PER_TILE>(|index| {
            let x_row = tile as u32 * TILE_ROWS + first + index as u32 * LANES_A_ROW;
            // SAFETY: no other lane has this row of the block and of the tile.
            unsafe { sums.store_exceptions(row, x_row, results[tile][index]) };
        });
    });
}

/// The elements of a column in every second row of x, from `first` on. Those of rows that x does
/// not have are other ones: so nothing depends on a condition, and all are on their way at once.
///
/// # Safety
/// x has the column, and a row in the tile.
#[inline(always)]
unsafe fn column_of<const TILES: usize>(
    x: &Rows,
    tile: &Tile,
    first: u32,
    column: u32,
) -> [[u16; PER_TILE]; TILES] {
    let mut elements = [[0; PER_TILE]; TILES];
    each::<TILES>(|number| {
        each::<PER_TILE>(|index| {
            let row = tile.first + number as u32 * TILE_ROWS + first + index as u32 * LANES_A_ROW;
            let row = if row < tile.n { row } else { tile.first };
            let at = x.address + 2 * (u64::from(row) * x.stride + u64::from(column));
            // SAFETY: x has the row and the column.
            elements[number][index] = unsafe { *(at as *const u16) };
        });
    });
    elements
}

/// In place of an exception after the last.
const NONE: Exception = Exception { column: u32::MAX, weight: 0 };
