//! A tile of rows of x by blocks of rows of a matrix: the sums of all warps, added up.

use super::part::{Steps, is_first, multiply_part};
use crate::packed::device::exceptions::RowExceptions;
use crate::packed::device::form::DeviceForm;
use crate::packed::device::numbers::TileRows;
use crate::packed::device::ptx;
use crate::packed::device::rows::Row;
use crate::packed::device::sums::{Sums, Tile};
use crate::packed::device::unroll::each;
use crate::packed::launch::{Places, Product, Rows};
use cuda_std::{shared, thread};
use wcodec_codec::packed::{LANES, PARTS};

/// Multiplies the rows of a tile by `BLOCKS` blocks of rows of a matrix, whose first steps are on
/// their way.
///
/// # Safety
/// As [`multiply`](super::multiply); all threads call it.
#[inline(always)]
pub unsafe fn multiply_tile<
    F,
    R,
    const N: usize,
    const BLOCKS: usize,
    const TILES: usize,
    const ROWS: usize,
>(
    steps: &mut Steps<F, N, BLOCKS>,
    x: &Rows,
    product: &Product,
    places: &Places,
    tile: &Tile<R>,
) where
    F: DeviceForm<N>,
    R: TileRows,
{
    let shared = ptx::shared_address(shared::dynamic_shared_mem());
    let sums = Sums::<TILES>::new(shared);
    let exceptions = Sums::<TILES>::new(shared + places.exceptions_at);
    let warp = thread::thread_idx_x() / LANES;
    let (matrix, blocks) = (&product.matrix, BLOCKS as u32);
    // SAFETY: the caller's conditions.
    unsafe {
        let mut of_rows = RowExceptions::<R, ROWS>::new::<F, N>(blocks, x, matrix, tile, warp);
        if is_first::<BLOCKS, TILES>() {
            of_rows.finish(exceptions);
        }
        let is_wide = x.is_wide() && matrix.columns.is_multiple_of(Row::SPAN);
        let of_part = if is_wide {
            multiply_part::<F, R, N, BLOCKS, TILES, ROWS, true>(steps, &mut of_rows, tile)
        } else {
            multiply_part::<F, R, N, BLOCKS, TILES, ROWS, false>(steps, &mut of_rows, tile)
        };
        if !is_first::<BLOCKS, TILES>() {
            of_rows.finish(exceptions);
        }
        // Sums take the place of steps.
        thread::sync_threads();
        each::<BLOCKS>(|block| sums.store(block as u32 * PARTS + warp, of_part[block]));
        thread::sync_threads();
        let load = |block, part, offset| sums.load(block * PARTS + part, offset);
        exceptions.finish(blocks, product, tile, load);
    }
}
