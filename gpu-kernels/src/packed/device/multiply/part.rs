//! A warp's part of the columns: the product of its steps and rows of x.

use crate::packed::device::exceptions::RowExceptions;
use crate::packed::device::form::{DeviceForm, fragment_words, group_and_thread};
use crate::packed::device::numbers::TileRows;
#[cfg(target_feature = "sm_80")]
use crate::packed::device::ptx::multiply_accumulate;
#[cfg(target_feature = "sm_90")]
pub use crate::packed::device::ring::Steps;
use crate::packed::device::rows::Row;
#[cfg(not(target_feature = "sm_90"))]
pub use crate::packed::device::steps::Steps;
use crate::packed::device::sums::Tile;
use crate::packed::device::unroll::each;
use crate::packed::launch::{Rows, TILE_ROWS};
use cuda_std::warp::lane_id;
use wcodec_codec::packed::{FRAGMENTS, STEP_COLUMNS};

/// Whether exceptions are added up before anything is multiplied, and not between steps. With so
/// few rows of x other blocks of threads run meanwhile, and there are no registers to spare; the
/// other kernels were measured to be faster so.
#[inline(always)]
pub const fn is_first<const BLOCKS: usize, const TILES: usize>() -> bool {
    TILES == 1 || TILES == 4 && BLOCKS < 4
}

/// A warp's sums over the steps of its part, and meanwhile those of exceptions; where x is `WIDE`,
/// its rows are read 16 bytes at a time.
///
/// # Safety
/// As [`multiply`](super::multiply).
#[inline(always)]
pub unsafe fn multiply_part<
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
