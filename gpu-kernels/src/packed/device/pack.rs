//! From rows of BF16 weights to steps.

use super::encoder::{Encoder, faults};
use super::form::{DeviceForm, Words, group_and_thread, store_step};
use super::ptx;
use super::rows::Row;
use super::unroll::each;
use crate::packed::launch::{PACK_WARPS, Pack, PackWorkspace};
use cuda_std::warp::{lane_id, warp_shuffle_xor, warp_vote_any};
use cuda_std::{shared, thread};
use wcodec_codec::packed::fragment::REGISTERS;
use wcodec_codec::packed::{BLOCK_ROWS, FRAGMENTS, LANES, STEP_COLUMNS, Scale};

/// Packs a block of rows. Notes which steps have exceptions, and how many each row has.
///
/// # Safety
/// The launch's weights are readable, its packed matrix and workspace are writable; the block has
/// [`PACK_WARPS`] warps and 64 bytes of shared memory.
#[inline(always)]
pub unsafe fn pack<F, const N: usize>(launch: &Pack)
where
    F: DeviceForm<N>,
{
    ptx::let_next_kernel_begin();
    let counters = ptx::shared_address(shared::dynamic_shared_mem());
    let thread = thread::thread_idx_x();
    if thread < BLOCK_ROWS {
        // SAFETY: one of the block's counters.
        unsafe { ptx::store_shared(counters + 4 * thread, 0) };
    }
    thread::sync_threads();
    // The kernel before this one chooses the scale.
    ptx::wait_for_previous_kernel();
    let is_wide = launch.source.is_wide() && launch.matrix.columns.is_multiple_of(Row::SPAN);
    // SAFETY: the caller's conditions.
    unsafe {
        let counts = if is_wide {
            pack_steps::<F, N, true>(launch)
        } else {
            pack_steps::<F, N, false>(launch)
        };
        if F::FORM.has_exceptions() {
            count_exceptions(counts, counters);
            thread::sync_threads();
            write_counts(launch, counters);
        }
    }
}

/// A lane's exceptions in each of its two rows.
type Counts = [u32; 2];
/// A lane's weights of a step, in each of its two rows.
type Weights = [[u32; 8]; 2];

/// Packs the steps that are a warp's: every so many. Gives the calling lane's exceptions. The next
/// step's weights are on their way while one is packed. Where the source is `WIDE`, its rows are
/// read 16 bytes at a time.
///
/// # Safety
/// As [`pack`].
#[inline(always)]
unsafe fn pack_steps<F, const N: usize, const WIDE: bool>(launch: &Pack) -> Counts
where
    F: DeviceForm<N>,
{
    let (matrix, block) = (&launch.matrix, thread::block_idx_x());
    let steps = matrix.columns.div_ceil(STEP_COLUMNS);
    let rows = source_rows(launch, block);
    // SAFETY: the caller's condition; rows have no elements after their last step.
    let load = |step| unsafe { [load::<WIDE>(&rows[0], step), load::<WIDE>(&rows[1], step)] };
    // SAFETY: the caller's condition.
    let encoder = unsafe { encoder(launch) };
    let mut counts = [0; 2];
    let mut step = thread::thread_idx_x() / LANES;
    let mut next = load(step);
    while step < steps {
        let now = core::mem::replace(&mut next, load(step + PACK_WARPS));
        let number = u64::from(block) * u64::from(steps) + u64::from(step);
        let address = matrix.weights + number * u64::from(F::FORM.step_bytes());
        // SAFETY: the matrix has the step, and a flag for it; all lanes come here.
        unsafe {
            let (mut words, fault) = pack_step::<F, N>(encoder, &now);
            let is_faulty = F::FORM.has_exceptions() && warp_vote_any(u32::MAX, fault != 0);
            if is_faulty {
                // Read again, so that they need no registers meanwhile.
                let (without, found) = pack_without_exceptions::<F, N>(encoder, &load(step));
                words = without;
                counts = [counts[0] + found[0], counts[1] + found[1]];
            }
            store_step(address, lane_id(), words);
            if F::FORM.has_exceptions() && lane_id() == 0 {
                let flag = launch.workspace + launch.flags_at + number;
                *(flag as *mut u8) = u8::from(is_faulty);
            }
        }
        step += PACK_WARPS;
    }
    counts
}

/// The calling lane's weights of a row in a step.
///
/// # Safety
/// The row is readable, 16 bytes at a time where it is `WIDE`.
#[inline(always)]
pub unsafe fn load<const WIDE: bool>(row: &Row, step: u32) -> [u32; 8] {
    let (_, thread) = group_and_thread(lane_id());
    let column = step * STEP_COLUMNS + Row::SPAN * thread;
    // SAFETY: the caller's condition.
    unsafe { if WIDE { row.load_wide(column) } else { row.load(column) } }
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

/// What encodes with the scale that was chosen.
///
/// # Safety
/// The scale is in the workspace.
#[inline(always)]
pub unsafe fn encoder(launch: &Pack) -> Encoder {
    let at = (launch.workspace + PackWorkspace::SCALE) as *const u32;
    // SAFETY: the caller's condition.
    Encoder::new(Scale::new(unsafe { *at } as u8).unwrap_or_default())
}

/// A lane's words of a step, and a number that is not zero where a weight has no code. The words
/// are of no use then.
#[inline(always)]
fn pack_step<F, const N: usize>(encoder: Encoder, weights: &Weights) -> (Words<N>, u32)
where
    F: DeviceForm<N>,
{
    let mut all = 0;
    let words = join_step::<F, N>(weights, |_, pair| {
        let (codes, fault) = F::encode(encoder, pair);
        all |= fault;
        codes
    });
    (words, all)
}

/// As [`pack_step`], with zeros for exceptions, and how many of those each row has.
#[inline(always)]
fn pack_without_exceptions<F, const N: usize>(
    encoder: Encoder,
    weights: &Weights,
) -> (Words<N>, Counts)
where
    F: DeviceForm<N>,
{
    let mut counts = [0; 2];
    let words = join_step::<F, N>(weights, |row, pair| {
        let (codes, fault) = F::encode(encoder, pair);
        let [low, high] = faults(fault);
        counts[row] += u32::from(low) + u32::from(high);
        codes & if low { 0xFFFF_0000 } else { u32::MAX } & if high { 0xFFFF } else { u32::MAX }
    });
    (words, counts)
}

/// A lane's words of a step, with the codes that `encode` gives for the row and its two weights.
#[inline(always)]
fn join_step<F, const N: usize>(
    weights: &Weights,
    mut encode: impl FnMut(usize, u32) -> u32,
) -> Words<N>
where
    F: DeviceForm<N>,
{
    let mut words = [[0; FRAGMENTS as usize]; N];
    each::<{ FRAGMENTS as usize }>(|fragment| {
        let mut codes = [0; REGISTERS];
        each::<REGISTERS>(|register| {
            let pair = weights[register % 2][2 * fragment + register / 2];
            codes[register] = encode(register % 2, pair);
        });
        let joined = F::join(codes);
        each::<N>(|word| words[word][fragment] = joined[word]);
    });
    words
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

/// Writes how many exceptions each row has where its start will be, and how many the block has: the
/// largest number where there are more than that.
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
        let mut sum = 0u32;
        for row in 0..BLOCK_ROWS {
            sum = sum.saturating_add(count(row));
        }
        let address = launch.workspace + PackWorkspace::BLOCK_COUNTS + 4 * u64::from(block);
        // SAFETY: there is a count for each block.
        unsafe { *(address as *mut u32) = sum };
    }
}
