//! From rows of BF16 weights to steps.

use super::form::{DeviceForm, group_and_thread, store_step};
use super::ptx;
use super::rows::Row;
use super::unroll::each;
use crate::packed::launch::{PACK_WARPS, Pack, PackWorkspace};
use cuda_std::warp::{lane_id, warp_shuffle_xor, warp_vote_any};
use cuda_std::{shared, thread};
use wcodec_codec::packed::fragment::REGISTERS;
use wcodec_codec::packed::{BLOCK_ROWS, FRAGMENTS, LANES, STEP_COLUMNS, Scale};

/// Packs a block of rows; notes which steps have exceptions, and how many each row has.
///
/// # Safety
/// The launch's weights are readable, its packed matrix and workspace are writable; the block has
/// [`PACK_WARPS`] warps and 64 bytes of shared memory.
#[inline(always)]
pub unsafe fn pack<F, const N: usize>(launch: &Pack)
where
    F: DeviceForm<N>,
{
    let counters = ptx::shared_address(shared::dynamic_shared_mem());
    let thread = thread::thread_idx_x();
    if thread < BLOCK_ROWS {
        // SAFETY: one of the block's counters.
        unsafe { ptx::store_shared(counters + 4 * thread, 0) };
    }
    thread::sync_threads();
    // SAFETY: the caller's conditions.
    unsafe {
        let counts = pack_steps::<F, N>(launch);
        if F::FORM.has_exceptions() {
            count_exceptions(counts, counters);
            thread::sync_threads();
            write_counts(launch, counters);
        }
    }
}

/// A lane's exceptions in each of its two rows.
type Counts = [u32; 2];

/// Packs the steps that are a warp's: every so many. Gives the calling lane's exceptions.
///
/// # Safety
/// As [`pack`].
#[inline(always)]
unsafe fn pack_steps<F, const N: usize>(launch: &Pack) -> Counts
where
    F: DeviceForm<N>,
{
    let (matrix, block) = (&launch.matrix, thread::block_idx_x());
    let steps = matrix.columns.div_ceil(STEP_COLUMNS);
    let rows = source_rows(launch, block);
    let (_, thread) = group_and_thread(lane_id());
    let scale = Scale::new(launch.scale as u8).unwrap_or_default();
    let mut counts = [0; 2];
    let mut step = thread::thread_idx_x() / LANES;
    while step < steps {
        let column = step * STEP_COLUMNS + Row::SPAN * thread;
        // SAFETY: the caller's conditions.
        let weights = unsafe { [rows[0].load(column), rows[1].load(column)] };
        let (words, found) = pack_step::<F, N>(scale, weights);
        let number = u64::from(block) * u64::from(steps) + u64::from(step);
        let address = matrix.weights + number * u64::from(F::FORM.step_bytes());
        // SAFETY: the matrix has the step.
        unsafe { store_step(address, lane_id(), words) };
        if F::FORM.has_exceptions() {
            // SAFETY: all lanes come here, and there is a flag for each step.
            unsafe { write_flag(launch, number, found[0] + found[1] > 0) };
        }
        counts = [counts[0] + found[0], counts[1] + found[1]];
        step += PACK_WARPS;
    }
    counts
}

/// The two rows of the matrix that a lane holds.
#[inline(always)]
pub fn source_rows(launch: &Pack, block: u32) -> [Row; 2] {
    let (group, _) = group_and_thread(lane_id());
    let matrix = &launch.matrix;
    let row = |number: u32| {
        let number = u64::from(block * BLOCK_ROWS) + u64::from(number);
        Row::new(&launch.source, number, matrix.rows.into(), matrix.columns)
    };
    [row(group), row(group + 8)]
}

/// A lane's words of a step for the weights of its two rows, and how many of each are exceptions.
#[inline(always)]
fn pack_step<F, const N: usize>(
    scale: Scale,
    weights: [[u32; 8]; 2],
) -> ([[u32; FRAGMENTS as usize]; N], Counts)
where
    F: DeviceForm<N>,
{
    let mut words = [[0; FRAGMENTS as usize]; N];
    let mut counts = [0; 2];
    each::<{ FRAGMENTS as usize }>(|fragment| {
        let mut codes = [0; REGISTERS];
        each::<REGISTERS>(|register| {
            let pair = weights[register % 2][2 * fragment + register / 2];
            let low = F::code(scale, pair as u16);
            let high = F::code(scale, (pair >> 16) as u16);
            counts[register % 2] += u32::from(low.is_none()) + u32::from(high.is_none());
            codes[register] = u32::from(low.unwrap_or(0)) | u32::from(high.unwrap_or(0)) << 16;
        });
        let joined = F::join(codes);
        each::<N>(|word| words[word][fragment] = joined[word]);
    });
    (words, counts)
}

/// Notes whether a step has exceptions.
///
/// # Safety
/// All lanes call it; the workspace has a flag for each step.
#[inline(always)]
unsafe fn write_flag(launch: &Pack, step: u64, found: bool) {
    // SAFETY: all lanes come here.
    let found = unsafe { warp_vote_any(u32::MAX, found) };
    if lane_id() == 0 {
        // SAFETY: the caller's condition.
        unsafe { *((launch.workspace + launch.flags_at + step) as *mut u8) = u8::from(found) };
    }
}

/// Adds a warp's exceptions to the block's counters, one for each row.
///
/// # Safety
/// All lanes call it, and the counters are the block's.
#[inline(always)]
unsafe fn count_exceptions(counts: Counts, counters: u32) {
    let (group, thread) = group_and_thread(lane_id());
    each::<2>(|row| {
        let mut count = counts[row];
        for distance in [1, 2] {
            // SAFETY: all lanes come here.
            count += unsafe { warp_shuffle_xor(u32::MAX, count, distance, 32).0 };
        }
        if thread == 0 && count > 0 {
            // SAFETY: the counter of one of 16 rows.
            unsafe { ptx::add_shared(counters + 4 * (group + 8 * row as u32), count) };
        }
    });
}

/// Writes how many exceptions each row has where its start will be, and how many the block has.
///
/// # Safety
/// As [`pack`]; all warps have counted.
#[inline(always)]
unsafe fn write_counts(launch: &Pack, counters: u32) {
    let (block, thread) = (thread::block_idx_x(), thread::thread_idx_x());
    // SAFETY: the block's counters.
    let count = |row: u32| unsafe { ptx::load_shared(counters + 4 * row) };
    if thread < BLOCK_ROWS {
        let row = u64::from(block * BLOCK_ROWS + thread);
        // SAFETY: there is a row start for each row of each block.
        unsafe { *((launch.matrix.row_starts + 4 * row) as *mut u32) = count(thread) };
    }
    if thread == 0 {
        let mut sum = 0;
        for row in 0..BLOCK_ROWS {
            sum += count(row);
        }
        let address = launch.workspace + PackWorkspace::BLOCK_COUNTS + 4 * u64::from(block);
        // SAFETY: there is a count for each block.
        unsafe { *(address as *mut u32) = sum };
    }
}
