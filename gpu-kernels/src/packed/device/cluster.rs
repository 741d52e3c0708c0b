//! y = x Wᵀ for a packed W and many rows of x, by a cluster.
//!
//! Each block of the cluster has a part of the columns, and each of its warps a block of rows: so
//! the elements of x are read once for all warps of the block, through shared memory. In the end
//! each block of the cluster adds up the parts' sums for one of the blocks of rows.

use super::exceptions::add_exceptions;
use super::form::{DeviceForm, Words, fragment_words};
use super::multiply::product_of;
use super::ptx;
use super::stages::{Stages, THREADS};
use super::steps::{AHEAD, Steps};
use super::sums::{Sums, Tile};
use super::unroll::each;
use crate::packed::launch::{
    DeviceMatrix, Multiply, Rows, STAGE_STEPS, TILE_ROWS, cluster_sums_at,
};
use cuda_std::{shared, thread};
use wcodec_codec::packed::fragment::REGISTERS;
use wcodec_codec::packed::{FRAGMENTS, LANES, PARTS, STEP_COLUMNS, part_steps};

/// A block's share: one part of the columns of a group of blocks of rows, for tiles of rows of x.
///
/// # Safety
/// As [`multiply`](super::multiply::multiply); there are clusters of [`PARTS`] blocks along x.
#[inline(always)]
pub unsafe fn multiply_in_cluster<F, const N: usize, const TILES: usize>(launch: &Multiply)
where
    F: DeviceForm<N>,
{
    ptx::let_next_kernel_begin();
    let group = thread::block_idx_y() + thread::block_idx_z() * thread::grid_dim_y();
    if group >= launch.groups {
        return;
    }
    let product = product_of(launch, group);
    let first_block = (group - product.first_group) * PARTS;
    let (part, tiles) = (thread::block_idx_x() % PARTS, thread::block_idx_x() / PARTS);
    let first = tiles * TILES as u32 * TILE_ROWS;
    let shared = ptx::shared_address(shared::dynamic_shared_mem());
    // Sums of exceptions come after the parts' in what finishes, and after rows of x until then.
    let before = cluster_sums_at(TILES as u32, 1) - PARTS * Sums::<TILES>::PART;
    let finished = Sums::<TILES>::new(shared + before);
    // The block of rows that this block finishes.
    let tile = Tile { first, n: launch.n, block: first_block + part };
    let warp = thread::thread_idx_x() / LANES;
    let (x, matrix) = (&launch.x, &product.matrix);
    // SAFETY: the caller's conditions.
    unsafe {
        if warp == PARTS {
            if tile.block < matrix.blocks() {
                add_exceptions::<F, N, TILES>(x, matrix, &tile, finished);
            }
            ptx::wait_for_previous_kernel();
        } else {
            let of_warp = Tile { block: first_block + warp, ..tile };
            let sums = multiply_part::<F, N, TILES>(shared, x, matrix, &of_warp, part);
            Sums::<TILES>::new(shared).store(warp, sums);
        }
        ptx::sync_cluster();
        let sums = shared + part * Sums::<TILES>::PART;
        let load = |part, offset| ptx::load_of_cluster(sums + offset, part);
        finished.finish(&product, &tile, load);
        // Others read this block's shared memory until here.
        ptx::sync_cluster();
    }
}

/// A warp's sums over the block's part of the columns. When it returns no warp reads stages any
/// more.
///
/// # Safety
/// As [`multiply_in_cluster`].
#[inline(always)]
unsafe fn multiply_part<F, const N: usize, const TILES: usize>(
    shared: u32,
    x: &Rows,
    matrix: &DeviceMatrix,
    tile: &Tile,
    part: u32,
) -> [[f32; 4]; TILES]
where
    F: DeviceForm<N>,
{
    let is_there = tile.block < matrix.blocks();
    let steps = if is_there { Steps::new(matrix, tile.block, part) } else { Steps::none() };
    // SAFETY: the matrix is on the device.
    let [mut a, mut b] = unsafe { [steps.load(0), steps.load(1)] };
    // Weights never change while they are multiplied; x may be what the kernel before this one
    // makes.
    ptx::wait_for_previous_kernel();
    let range = part_steps(part, matrix.columns.div_ceil(STEP_COLUMNS));
    let mut part = Part::<F, N, TILES> {
        form: F::new(matrix.multiplier),
        steps,
        stages: Stages::new(shared, x, tile, matrix.columns, range),
        sums: [[0.0; 4]; TILES],
    };
    // SAFETY: all warps come here, and a stage is filled after all have read what it held before.
    unsafe {
        part.stages.fill();
        part.stages.fill();
        let mut step = range.0;
        while step < range.1 {
            part.stages.next();
            part.stages.fill();
            part.multiply(&mut a, 0);
            part.multiply(&mut b, 1);
            step += STAGE_STEPS;
        }
    }
    ptx::sync_first::<THREADS>();
    part.sums
}

/// A warp at work on a part.
struct Part<F, const N: usize, const TILES: usize> {
    form: F,
    steps: Steps<F, N>,
    stages: Stages<TILES>,
    sums: [[f32; 4]; TILES],
}

impl<F: DeviceForm<N>, const N: usize, const TILES: usize> Part<F, N, TILES> {
    /// Multiplies the step in `words`, if one is left, after asking for the one that takes its
    /// place.
    ///
    /// # Safety
    /// The matrix is on the device, and the stage is filled.
    #[inline(always)]
    unsafe fn multiply(&mut self, words: &mut Words<N>, step: u32) {
        if !self.steps.are_left() {
            return;
        }
        let now = *words;
        // SAFETY: the caller's condition.
        *words = unsafe { self.steps.load(AHEAD) };
        self.steps.advance();
        let mut weights = [[0; REGISTERS]; FRAGMENTS as usize];
        each::<{ FRAGMENTS as usize }>(|fragment| {
            let codes = F::codes(fragment_words(&now, fragment));
            weights[fragment] = codes.map(|codes| self.form.weights(codes));
        });
        each::<2>(|half| {
            let mut x = [[0; 4]; TILES];
            each::<TILES>(|tile| {
                // SAFETY: the caller's condition.
                x[tile] = unsafe { self.stages.load(tile as u32, step, half as u32) };
            });
            // Tiles inside, so that no instruction waits for the one before it.
            each::<2>(|fragment| {
                let weights = weights[2 * half + fragment];
                each::<TILES>(|tile| {
                    let x = [x[tile][2 * fragment], x[tile][2 * fragment + 1]];
                    ptx::multiply_accumulate(&mut self.sums[tile], weights, x);
                });
            });
        });
    }
}
