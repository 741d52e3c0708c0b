//! y = x Wᵀ for a packed W.

use super::exceptions::add_exceptions;
use super::form::{DeviceForm, Words, fragment_words, group_and_thread};
use super::ptx;
use super::rows::Row;
use super::steps::{AHEAD, Steps};
use super::sums::{Sums, Tile};
use super::unroll::each;
use crate::packed::launch::{DeviceMatrix, Multiply, Product, Rows, TILE_ROWS};
use cuda_std::warp::lane_id;
use cuda_std::{shared, thread};
use wcodec_codec::packed::{FRAGMENTS, LANES, PARTS};

/// A block's share: the elements of a block of rows of a matrix, for a tile of rows of x.
///
/// # Safety
/// The launch's addresses are those of the matrices, of x, y and bias, which have the rows that it
/// says, and the block has the warps and the shared memory of its [`MultiplyKernel`].
///
/// [`MultiplyKernel`]: crate::packed::launch::MultiplyKernel
#[inline(always)]
pub unsafe fn multiply<F, const N: usize, const TILES: usize>(launch: &Multiply)
where
    F: DeviceForm<N>,
{
    ptx::let_next_kernel_begin();
    let group = thread::block_idx_y() + thread::block_idx_z() * thread::grid_dim_y();
    if group >= launch.groups {
        return;
    }
    let product = product_of(launch, group);
    let block = group - product.first_group;
    let first = thread::block_idx_x() * TILES as u32 * TILE_ROWS;
    let tile = Tile { first, n: launch.n, block };
    let sums = Sums::<TILES>::new(ptx::shared_address(shared::dynamic_shared_mem()));
    let warp = thread::thread_idx_x() / LANES;
    let (x, matrix) = (&launch.x, &product.matrix);
    // SAFETY: the caller's conditions.
    unsafe {
        if warp == PARTS {
            add_exceptions::<F, N, TILES>(x, matrix, &tile, sums);
        } else if x.is_wide() && matrix.columns.is_multiple_of(Row::SPAN) {
            sums.store(warp, multiply_part::<F, N, TILES, true>(x, matrix, &tile, warp));
        } else {
            sums.store(warp, multiply_part::<F, N, TILES, false>(x, matrix, &tile, warp));
        }
        thread::sync_threads();
        sums.finish(&product, &tile, |part, offset| sums.load(part, offset));
    }
}

/// The product that a group belongs to: indices are constants, so that nothing is copied to memory.
#[inline(always)]
pub fn product_of(launch: &Multiply, group: u32) -> Product {
    let [mut product, second, third, fourth] = launch.products;
    for next in [second, third, fourth] {
        if group >= next.first_group {
            product = next;
        }
    }
    product
}

/// A warp's sums over its part of the columns; where x is `WIDE`, its rows are read 16 bytes at a
/// time.
///
/// # Safety
/// As [`multiply`].
#[inline(always)]
unsafe fn multiply_part<F, const N: usize, const TILES: usize, const WIDE: bool>(
    x: &Rows,
    matrix: &DeviceMatrix,
    tile: &Tile,
    part: u32,
) -> [[f32; 4]; TILES]
where
    F: DeviceForm<N>,
{
    let steps = Steps::<F, N>::new(matrix, tile.block, part);
    // SAFETY: the matrix is on the device. Each of two steps is on its way while others are
    // multiplied.
    let [mut a, mut b] = unsafe { [steps.load(0), steps.load(1)] };
    // Weights never change while they are multiplied; x may be what the kernel before this one
    // makes.
    ptx::wait_for_previous_kernel();
    let mut part = Part::<F, N, TILES, WIDE> {
        form: F::new(matrix.multiplier),
        rows: x_rows::<TILES>(x, tile, matrix.columns),
        steps,
        x: [[0; 8]; TILES],
        sums: [[0.0; 4]; TILES],
    };
    // SAFETY: the caller's condition.
    unsafe {
        part.load_x();
        while part.steps.are_left() {
            part.multiply(&mut a);
            part.multiply(&mut b);
        }
    }
    part.sums
}

/// The rows of x that a lane reads.
#[inline(always)]
fn x_rows<const TILES: usize>(x: &Rows, tile: &Tile, columns: u32) -> [Row; TILES] {
    let (group, _) = group_and_thread(lane_id());
    let mut rows = [Row::new(x, 0, 0, 0); TILES];
    each::<TILES>(|index| {
        let row = tile.first + index as u32 * TILE_ROWS + group;
        rows[index] = Row::new(x, row.into(), tile.n.into(), columns);
    });
    rows
}

/// A warp at work on a part.
struct Part<F, const N: usize, const TILES: usize, const WIDE: bool> {
    form: F,
    steps: Steps<F, N>,
    /// The lane's row of each tile of x.
    rows: [Row; TILES],
    /// Its elements for the next step.
    x: [[u32; 8]; TILES],
    sums: [[f32; 4]; TILES],
}

impl<F: DeviceForm<N>, const N: usize, const TILES: usize, const WIDE: bool>
    Part<F, N, TILES, WIDE>
{
    /// Asks for the elements of x for the next step.
    ///
    /// # Safety
    /// The rows of x are readable.
    #[inline(always)]
    unsafe fn load_x(&mut self) {
        let column = self.steps.column();
        each::<TILES>(|tile| {
            let row = &self.rows[tile];
            // SAFETY: the caller's condition.
            self.x[tile] = unsafe { if WIDE { row.load_wide(column) } else { row.load(column) } };
        });
    }

    /// Multiplies the step in `words`, if one is left, after asking for the one that takes its
    /// place and for the next step's elements of x.
    ///
    /// # Safety
    /// The matrix is on the device, and the rows of x are readable.
    #[inline(always)]
    unsafe fn multiply(&mut self, words: &mut Words<N>) {
        if !self.steps.are_left() {
            return;
        }
        let (now, x) = (*words, self.x);
        // SAFETY: the caller's conditions.
        unsafe {
            *words = self.steps.load(AHEAD);
            self.steps.advance();
            self.load_x();
        }
        each::<{ FRAGMENTS as usize }>(|fragment| {
            let codes = F::codes(fragment_words(&now, fragment));
            let weights = codes.map(|codes| self.form.weights(codes));
            each::<TILES>(|tile| {
                let x = [x[tile][2 * fragment], x[tile][2 * fragment + 1]];
                multiply_accumulate(&mut self.sums[tile], weights, x);
            });
        });
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
