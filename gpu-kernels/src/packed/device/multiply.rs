//! y = x Wᵀ for a packed W.

use super::form::DeviceForm;
use super::long_rows::add_long_rows;
use super::numbers::{InOrder, Search, TileRows};
use super::part::{Turn, multiply_part};
use super::ptx;
#[cfg(target_feature = "sm_90")]
use super::ring::Steps;
use super::row_exceptions::RowExceptions;
use super::rows::Row;
#[cfg(not(target_feature = "sm_90"))]
use super::steps::Steps;
use super::sums::{Sums, Tile};
use super::unroll::each;
use crate::packed::launch::{
    DeviceMatrix, Expert, Multiply, MultiplyExperts, Places, Product, TILE_ROWS,
};
use cuda_std::{shared, thread};
use wcodec_codec::packed::{LANES, PARTS};

/// A block's share: the elements of `BLOCKS` blocks of rows of a matrix, for a tile of rows of x.
///
/// # Safety
/// The launch's addresses are those of the matrices, of x, y and bias, which have the rows that it
/// says, and the block has the warps and the shared memory of its [`MultiplyKernel`].
///
/// [`MultiplyKernel`]: crate::packed::launch::MultiplyKernel
#[inline(always)]
pub unsafe fn multiply<
    F,
    const N: usize,
    const BLOCKS: usize,
    const TILES: usize,
    const ROWS: usize,
>(
    launch: &Multiply,
) where
    F: DeviceForm<N>,
{
    ptx::let_next_kernel_begin();
    let group = group_of();
    if group >= launch.groups {
        return;
    }
    let product = product_of(launch, group);
    let block = (group - product.first_group) * BLOCKS as u32;
    let first = thread::block_idx_x() * TILES as u32 * TILE_ROWS;
    let tile = Tile { first, n: launch.n, block, rows: InOrder };
    let shared = ptx::shared_address(shared::dynamic_shared_mem());
    let warp = thread::thread_idx_x() / LANES;
    // SAFETY: the caller's conditions.
    unsafe {
        let mut steps = Steps::new(shared, &launch.places, &product.matrix, block, warp);
        let rows = (BLOCKS as u32, TILES as u32 * TILE_ROWS);
        let (x, matrix) = (&launch.x, &product.matrix);
        let of_rows = RowExceptions::new::<F, N>(rows, x, matrix, &tile, warp);
        // Weights never change while they are multiplied; x may be what the kernel before this one
        // makes.
        ptx::wait_for_previous_kernel();
        let (places, again) = (&launch.places, || product.matrix);
        multiply_tile::<F, _, N, BLOCKS, TILES, ROWS>(&mut steps, of_rows, &product, places, again);
    }
}

/// A block's share of a product where each row of y names one of many matrices: all rows that name
/// one, by `BLOCKS` blocks of its rows, a tile after another.
///
/// # Safety
/// As [`multiply`]; the numbers and the table of matrices are readable.
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
            let rows = (BLOCKS as u32, TILES as u32 * TILE_ROWS);
            let (x, matrix) = (&launch.x, &product.matrix);
            let of_rows = RowExceptions::new::<F, N>(rows, x, matrix, &tile, warp);
            // Read again, as what is computed from it before the loop would take registers.
            let again = || expert::<F, N>(launch, ptx::unknown(number)).unwrap_or(NO_MATRIX);
            multiply_tile::<F, _, N, BLOCKS, TILES, ROWS>(
                &mut steps, of_rows, &product, places, again,
            );
            // The sums and the list have been read, and steps may come where the sums are.
            ptx::order_shared_before_fetches();
            thread::sync_threads();
            n = search.list(TILES as u32 * TILE_ROWS);
            if n == 0 {
                return;
            }
            product.matrix = again();
            let block = ptx::unknown(block);
            steps.restart(&product.matrix, block, warp);
        }
    }
}

/// In place of a matrix that there is not.
const NO_MATRIX: DeviceMatrix = Product::NONE.matrix;

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

/// Multiplies the rows of a tile by `BLOCKS` blocks of rows of a matrix, whose first steps and
/// exceptions are on their way. `again` gives the matrix another time.
///
/// # Safety
/// As [`multiply`]; all threads call it.
#[inline(always)]
unsafe fn multiply_tile<
    F,
    R,
    const N: usize,
    const BLOCKS: usize,
    const TILES: usize,
    const ROWS: usize,
>(
    steps: &mut Steps<F, N, BLOCKS>,
    mut of_rows: RowExceptions<'_, R, ROWS>,
    product: &Product,
    places: &Places,
    again: impl Fn() -> DeviceMatrix,
) where
    F: DeviceForm<N>,
    R: TileRows,
{
    let shared = ptx::shared_address(shared::dynamic_shared_mem());
    let sums = Sums::<TILES>::new(shared);
    let exceptions = Sums::<TILES>::new(shared + places.exceptions_at);
    let warp = thread::thread_idx_x() / LANES;
    let (x, tile, blocks) = (of_rows.x, of_rows.tile, BLOCKS as u32);
    let turn = Turn::of::<R, BLOCKS, TILES>();
    // SAFETY: the caller's conditions.
    unsafe {
        if turn == Turn::Before {
            of_rows.finish::<TILES>(exceptions);
        }
        let is_wide = x.is_wide() && product.matrix.columns.is_multiple_of(Row::SPAN);
        let of_part = if is_wide {
            multiply_part::<F, R, N, BLOCKS, TILES, ROWS, true>(steps, &mut of_rows)
        } else {
            multiply_part::<F, R, N, BLOCKS, TILES, ROWS, false>(steps, &mut of_rows)
        };
        if turn == Turn::Between {
            of_rows.stop();
        }
        if turn != Turn::Before {
            of_rows.finish::<TILES>(exceptions);
        }
        // Sums take the place of steps.
        if !F::FORM.has_exceptions() {
            thread::sync_threads();
        } else if ptx::sync_threads_or(of_rows.are_more()) {
            add_long_rows(blocks, x, &again(), tile, exceptions);
        }
        each::<BLOCKS>(|block| sums.store(block as u32 * PARTS + warp, of_part[block]));
        thread::sync_threads();
        let load = |block, part, offset| sums.load(block * PARTS + part, offset);
        exceptions.finish(blocks, product, tile, load);
    }
}

/// The group of blocks of rows that is the calling block's.
#[inline(always)]
fn group_of() -> u32 {
    thread::block_idx_y() + thread::block_idx_z() * thread::grid_dim_y()
}

/// The product that a group belongs to: indices are constants, so that nothing is copied to memory.
#[inline(always)]
fn product_of(launch: &Multiply, group: u32) -> Product {
    let [mut product, second, third, fourth] = launch.products;
    for next in [second, third, fourth] {
        if group >= next.first_group {
            product = next;
        }
    }
    product
}
