//! y = x Wᵀ for a packed W.

use super::exceptions::RowExceptions;
use super::form::{DeviceForm, fragment_words, group_and_thread};
use super::numbers::{InOrder, Search, TileRows};
use super::ptx;
#[cfg(target_feature = "sm_90")]
use super::ring::Steps;
use super::rows::Row;
#[cfg(not(target_feature = "sm_90"))]
use super::steps::Steps;
use super::sums::{Sums, Tile};
use super::unroll::each;
use crate::packed::launch::{
    DeviceMatrix, Expert, Multiply, MultiplyExperts, Places, Product, Rows, TILE_ROWS,
};
use cuda_std::warp::lane_id;
use cuda_std::{shared, thread};
use wcodec_codec::packed::{FRAGMENTS, LANES, PARTS, STEP_COLUMNS};

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
        // Weights never change while they are multiplied; x may be what the kernel before this one
        // makes.
        ptx::wait_for_previous_kernel();
        let places = &launch.places;
        multiply_tile::<F, InOrder, N, BLOCKS, TILES, ROWS>(
            &mut steps, &launch.x, &product, places, &tile,
        );
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

/// Multiplies the rows of a tile by `BLOCKS` blocks of rows of a matrix, whose first steps are on
/// their way.
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

/// Whether exceptions are added up before anything is multiplied, and not between steps. With so
/// few rows of x other blocks of threads run meanwhile, and there are no registers to spare; the
/// other kernels were measured to be faster so.
#[inline(always)]
const fn is_first<const BLOCKS: usize, const TILES: usize>() -> bool {
    TILES == 1 || TILES == 4 && BLOCKS < 4
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

/// A warp's sums over the steps of its part, and meanwhile those of exceptions; where x is `WIDE`,
/// its rows are read 16 bytes at a time.
///
/// # Safety
/// As [`multiply`].
#[inline(always)]
unsafe fn multiply_part<
    F,
    R,
    const N: usize,
    const BLOCKS: usize,
    const TILES: usize,
    const ROWS: usize,
    const WIDE: bool,
>(
    steps: &mut Steps<F, N, BLOCKS>,
    exceptions: &mut RowExceptions<'_, R, ROWS>,
    tile: &Tile<R>,
) -> [[[f32; 4]; TILES]; BLOCKS]
where
    F: DeviceForm<N>,
    R: TileRows,
{
    let (x, matrix) = (exceptions.x, exceptions.matrix);
    let mut part = Part::<'_, F, N, BLOCKS, TILES, WIDE> {
        form: F::new(matrix.multiplier),
        rows: x_rows::<R, TILES>(x, tile, matrix.columns),
        steps,
        sums: [[[0.0; 4]; TILES]; BLOCKS],
    };
    // SAFETY: the caller's condition.
    unsafe {
        let mut even = part.load_x(0);
        if TILES > 4 {
            // No registers are left for more.
            while part.steps.are_left() {
                part.multiply(&mut even, 0);
                exceptions.advance();
            }
            return part.sums;
        }
        // The elements of x for the next step, and for the one after it: each on their way while
        // the other ones are multiplied.
        let mut odd = part.load_x(1);
        while part.steps.are_left() {
            part.multiply(&mut even, 1);
            if !is_first::<BLOCKS, TILES>() {
                exceptions.advance();
            }
            if !part.steps.are_left() {
                break;
            }
            part.multiply(&mut odd, 1);
            if !is_first::<BLOCKS, TILES>() {
                exceptions.advance();
            }
        }
    }
    part.sums
}

/// The rows of x that a lane reads.
#[inline(always)]
fn x_rows<R: TileRows, const TILES: usize>(x: &Rows, tile: &Tile<R>, columns: u32) -> [Row; TILES] {
    let (group, _) = group_and_thread(lane_id());
    let mut rows = [Row::new(x, 0, 0, 0); TILES];
    each::<TILES>(|index| {
        let row = tile.first + index as u32 * TILE_ROWS + group;
        rows[index] = tile.rows.row(x, row, tile.n, columns);
    });
    rows
}

/// A warp at work on a part.
struct Part<'a, F, const N: usize, const BLOCKS: usize, const TILES: usize, const WIDE: bool> {
    form: F,
    steps: &'a mut Steps<F, N, BLOCKS>,
    /// The lane's row of each tile of x.
    rows: [Row; TILES],
    sums: [[[f32; 4]; TILES]; BLOCKS],
}

impl<F, const N: usize, const BLOCKS: usize, const TILES: usize, const WIDE: bool>
    Part<'_, F, N, BLOCKS, TILES, WIDE>
where
    F: DeviceForm<N>,
{
    /// Asks for the elements of x for the step that comes so many after the next.
    ///
    /// # Safety
    /// The rows of x are readable.
    #[inline(always)]
    unsafe fn load_x(&self, distance: u32) -> [[u32; 8]; TILES] {
        let column = self.steps.column() + distance * STEP_COLUMNS;
        let mut x = [[0; 8]; TILES];
        each::<TILES>(|tile| {
            let row = &self.rows[tile];
            // SAFETY: the caller's condition.
            x[tile] = unsafe { if WIDE { row.load_wide(column) } else { row.load(column) } };
        });
        x
    }

    /// Multiplies the next step, which there is, by its elements of x, and in their place asks for
    /// those of the step that comes so many after the one that is next then.
    ///
    /// # Safety
    /// The matrix is on the device, and the rows of x are readable; all lanes of the warp call it.
    #[inline(always)]
    unsafe fn multiply(&mut self, x: &mut [[u32; 8]; TILES], distance: u32) {
        // SAFETY: the caller's conditions.
        unsafe { self.steps.take() };
        each::<BLOCKS>(|block| {
            // SAFETY: a step was taken.
            let words = unsafe { self.steps.words(block) };
            each::<{ FRAGMENTS as usize }>(|fragment| {
                let codes = F::codes(fragment_words(&words, fragment));
                let weights = codes.map(|codes| self.form.weights(codes));
                each::<TILES>(|tile| {
                    let x = [x[tile][2 * fragment], x[tile][2 * fragment + 1]];
                    multiply_accumulate(&mut self.sums[block][tile], weights, x);
                });
            });
        });
        // SAFETY: the caller's conditions.
        unsafe {
            *x = self.load_x(distance);
            self.steps.release();
        }
    }
}

#[cfg(target_feature = "sm_80")]
use ptx::multiply_accumulate;

/// Without the instruction (before sm_80): each lane multiplies what it holds with all rows of x,
/// which it has from the lanes that hold them, and lanes that share rows of the matrix add up what
/// they have.
#[cfg(not(target_feature = "sm_80"))]
#[inline(always)]
fn multiply_accumulate(sums: &mut [f32; 4], weights: [u32; 4], x: [u32; 2]) {
    use cuda_std::warp::{warp_shuffle_idx, warp_shuffle_xor};
    use wcodec_codec::packed::bf16::widen;
    let value = |word: u32, half: u32| widen((word >> (16 * half)) as u16);
    let (_, thread) = group_and_thread(lane_id());
    for row in 0..TILE_ROWS {
        let mut partial = [0.0f32; 2];
        for register in 0..2 {
            // SAFETY: all lanes of the warp come here.
            let (x, _) = unsafe { warp_shuffle_idx(u32::MAX, x[register], 4 * row + thread, 32) };
            for half in 0..2 {
                partial[0] += value(weights[2 * register], half) * value(x, half);
                partial[1] += value(weights[2 * register + 1], half) * value(x, half);
            }
        }
        for distance in [1, 2] {
            for sum in &mut partial {
                // SAFETY: all lanes of the warp come here.
                let (other, _) = unsafe { warp_shuffle_xor(u32::MAX, *sum, distance, 32) };
                *sum += other;
            }
        }
        if row / 2 == thread {
            let odd = row as usize % 2;
            // Constant indices, so that sums stay in registers.
            for place in 0..2 {
                let add = if place == odd { partial } else { [0.0; 2] };
                sums[place] += add[0];
                sums[2 + place] += add[1];
            }
        }
    }
}
