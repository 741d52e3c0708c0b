//! Products where each row names its matrix.

use super::part::Steps;
use super::tile::multiply_tile;
use crate::packed::device::form::DeviceForm;
use crate::packed::device::numbers::{Search, TileRows};
use crate::packed::device::ptx;
use crate::packed::device::sums::Tile;
use crate::packed::launch::{DeviceMatrix, Expert, MultiplyExperts, Product, TILE_ROWS};
use cuda_std::{shared, thread};
use wcodec_codec::packed::LANES;

/// A block's share of a product where each row of y names one of many matrices: all rows that name
/// one, by `BLOCKS` blocks of its rows, a tile after another.
///
/// # Safety
/// As [`multiply`](super::multiply); the numbers and the table of matrices are readable.
#[inline(always)]
pub unsafe fn multiply_experts<
    F,
    const N: usize,
    const BLOCKS: usize,
    const TILES: usize,
    const ROWS: usize,
>(
    launch: &MultiplyExperts,
) where
    F: DeviceForm<N>,
{
    ptx::let_next_kernel_begin();
    let index = thread::block_idx_y() + thread::block_idx_z() * thread::grid_dim_y();
    let is_by_row = launch.is_by_row != 0;
    if index >= if is_by_row { launch.n } else { launch.count } {
        return;
    }
    // The numbers may be what the kernel before this one makes, as x may.
    ptx::wait_for_previous_kernel();
    let shared = ptx::shared_address(shared::dynamic_shared_mem());
    let (block, warp) = (thread::block_idx_x() * BLOCKS as u32, thread::thread_idx_x() / LANES);
    // SAFETY: the caller's conditions; all threads come to the same end.
    unsafe {
        let number = if is_by_row {
            *((launch.numbers + 4 * u64::from(index)) as *const u32)
        } else {
            index
        };
        let Some(matrix) = expert::<F, N>(launch, number) else { return };
        let mut search = Search::new(launch, number, shared + launch.places.list_at);
        let mut n = search.list(TILES as u32 * TILE_ROWS);
        // Another block has what an earlier row names.
        if n == 0 || is_by_row && search.rows().of_y(0) < index {
            return;
        }
        let mut product = Product { matrix, y: launch.y, ..Product::NONE };
        let places = &launch.places;
        let mut steps = Steps::new(shared, places, &product.matrix, block, warp);
        loop {
            let tile = Tile { first: 0, n, block, rows: search.rows() };
            multiply_tile::<F, _, N, BLOCKS, TILES, ROWS>(
                &mut steps, &launch.x, &product, places, &tile,
            );
            // The sums and the list have been read, and steps may come where the sums are.
            ptx::order_shared_before_fetches();
            thread::sync_threads();
            n = search.list(TILES as u32 * TILE_ROWS);
            if n == 0 {
                return;
            }
            // Read again, as what is computed from it before the loop would take registers.
            let Some(matrix) = expert::<F, N>(launch, ptx::unknown(number)) else { return };
            product.matrix = matrix;
            let block = ptx::unknown(block);
            steps.restart(&product.matrix, block, warp);
        }
    }
}

/// The matrix of this number; `None` where there is none, or it is of another form.
///
/// # Safety
/// The table of matrices is readable.
#[inline(always)]
unsafe fn expert<F, const N: usize>(launch: &MultiplyExperts, number: u32) -> Option<DeviceMatrix>
where
    F: DeviceForm<N>,
{
    if number >= launch.count {
        return None;
    }
    // SAFETY: the table has the number.
    let expert = unsafe { *(launch.experts as *const Expert).add(number as usize) };
    if expert.form == F::FORM as u32 { Some(expert.matrix) } else { None }
}
