//! Rows of very many exceptions.

use super::exceptions::{NONE, column_of, exception, exceptions_of};
use super::numbers::TileRows;
use super::sums::{Sums, Tile};
use super::unroll::each;
use crate::packed::launch::{DeviceMatrix, MULTIPLY_WARPS, Rows, TILE_ROWS};
use cuda_std::thread;
use cuda_std::warp::{lane_id, warp_shuffle_xor};
use wcodec_codec::packed::{BLOCK_ROWS, EXCEPTION_PARTS, FIRST_EXCEPTIONS, LANES, bf16};

/// Rows of x that are multiplied at a time.
const ROWS: usize = TILE_ROWS as usize;
// Each lane has one of the sums, in the order of `wcodec_codec::packed::add_exceptions`.
const _: () = assert!(EXCEPTION_PARTS == LANES);

/// Adds the exceptions that rows of `blocks` blocks of rows have after the first ones to the sums of
/// those. A warp takes a row with eight rows of x, and then the next row or rows that no warp has.
///
/// # Safety
/// As [`multiply`](super::multiply::multiply); the form has exceptions, all threads call it, and the
/// sums are there.
#[inline(always)]
pub unsafe fn add_long_rows<R: TileRows, const TILES: usize>(
    blocks: u32,
    x: &Rows,
    matrix: &DeviceMatrix,
    tile: &Tile<R>,
    sums: Sums<TILES>,
) {
    let mut share = thread::thread_idx_x() / LANES;
    while share < blocks * BLOCK_ROWS * TILES as u32 {
        let (row, first) = (share / TILES as u32, share % TILES as u32 * TILE_ROWS);
        let matrix_row = tile.block * BLOCK_ROWS + row;
        if matrix_row < matrix.blocks() * BLOCK_ROWS && tile.first + first < tile.n {
            // SAFETY: the matrix has the row, x has the first one, and the caller's conditions; all
            // lanes of the warp come here, and no other warp has these rows.
            unsafe { add_row(x, matrix, tile, (row, first), sums) };
        }
        share += MULTIPLY_WARPS;
    }
}

/// Adds the exceptions of row `row` of the tile after the first ones, with the rows of x from `first`
/// on, if it has some.
///
/// # Safety
/// As [`add_long_rows`], of a row and rows of x that there are, which no other warp has.
#[inline(always)]
unsafe fn add_row<R: TileRows, const TILES: usize>(
    x: &Rows,
    matrix: &DeviceMatrix,
    tile: &Tile<R>,
    (row, first): (u32, u32),
    sums: Sums<TILES>,
) {
    // SAFETY: the caller's conditions.
    unsafe {
        let (start, end) = exceptions_of(matrix, tile.block * BLOCK_ROWS + row);
        if end.saturating_sub(start) <= FIRST_EXCEPTIONS {
            return;
        }
        let mut of_lane = products(x, matrix, tile, first, (start + FIRST_EXCEPTIONS, end));
        each::<ROWS>(|x_row| {
            for distance in [1, 2, 4, 8, 16] {
                of_lane[x_row] += warp_shuffle_xor(u32::MAX, of_lane[x_row], distance, 32).0;
            }
            if lane_id() == x_row as u32 {
                sums.add_exceptions(row, first + lane_id(), of_lane[x_row]);
            }
        });
    }
}

/// The sums of the calling lane's exceptions of a range, every so many, with eight rows of x of the
/// tile from `first` on. Four exceptions are on their way at a time.
///
/// # Safety
/// The matrix is on the device and has the exceptions; x is readable and has the tile's first row.
#[inline(always)]
unsafe fn products<R: TileRows>(
    x: &Rows,
    matrix: &DeviceMatrix,
    tile: &Tile<R>,
    first: u32,
    (start, end): (u32, u32),
) -> [f32; ROWS] {
    let mut sums = [0.0; ROWS];
    let mut number = u64::from(start) + u64::from(lane_id());
    while number < u64::from(end) {
        let mut four = [NONE; 4];
        each::<4>(|index| {
            let number = number + index as u64 * u64::from(LANES);
            if number < u64::from(end) {
                // SAFETY: the caller's condition.
                four[index] = unsafe { exception(matrix, number as u32) };
            }
        });
        each::<4>(|index| {
            if four[index].column < matrix.columns {
                // SAFETY: x has the column, and the caller's condition.
                let elements =
                    unsafe { column_of::<R, ROWS>(x, tile, (first, 1), four[index].column) };
                let value = four[index].value();
                each::<ROWS>(|row| sums[row] += value * bf16::widen(elements[row]));
            }
        });
        number += 4 * u64::from(LANES);
    }
    sums
}
