//! Weights that stand beside the form.

use super::form::DeviceForm;
use super::rows::Row;
use super::sums::{Sums, Tile};
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
/// As [`multiply`](super::multiply::multiply).
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
    for tile_number in 0..TILES as u32 {
        let first = tile_number * TILE_ROWS + first;
        let mut results = [0.0; PER_TILE];
        for number in start..end {
            // SAFETY: the number is below the number of exceptions, and x has the rows.
            unsafe {
                let exception = exception(matrix, number);
                for index in 0..PER_TILE {
                    let row = u64::from(tile.first + first + index as u32 * LANES_A_ROW);
                    let x = Row::new(x, row, tile.n.into(), matrix.columns);
                    results[index] += product(exception, x.element(exception.column));
                }
            }
        }
        for index in 0..PER_TILE {
            // SAFETY: no other lane has this row of the block and of the tile.
            unsafe {
                sums.store_exceptions(row, first + index as u32 * LANES_A_ROW, results[index])
            };
        }
    }
}

/// What an exception adds; nothing where there is no such row of x, or the column is none.
#[inline(always)]
fn product(exception: Exception, element: Option<u16>) -> f32 {
    match element {
        Some(element) => exception.value() * bf16::widen(element),
        None => 0.0,
    }
}
