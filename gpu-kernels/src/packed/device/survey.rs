//! The scale of a matrix, from the exponents of its weights.

use super::pack::source_rows;
use super::ptx;
use super::unroll::each;
use crate::packed::launch::{Pack, PackWorkspace, SURVEY_THREADS};
use cuda_std::warp::{lane_id, warp_shuffle_xor};
use cuda_std::{shared, thread};
use wcodec_codec::packed::{FIELDS, LANES, STEP_COLUMNS, Scale, held};

/// Bytes of the counters of a field: one for each lane, in a bank of its own.
const FIELD_BYTES: u32 = 4 * LANES;
/// Bytes of all counters.
const COUNTERS: u32 = FIELDS as u32 * FIELD_BYTES;
/// The bits of a weight that are its exponent field times [`FIELD_BYTES`].
const FIELD_BITS: u32 = 0x7F80;
/// Threads that choose: one for each scale.
const SCALES: u32 = Scale::MAX as u32 + 1;

/// Counts the exponent fields of the weights of some steps, those that are not zero, and has the
/// last block of threads choose the scale. It leaves the workspace as it must be before: so the
/// next matrix can be surveyed with it.
///
/// # Safety
/// The launch's weights are readable, the workspace is writable, and its histogram and number of
/// arrivals are zero; the block has [`SURVEY_THREADS`] threads and 32 KiB of shared memory.
#[inline(always)]
pub unsafe fn survey(launch: &Pack) {
    ptx::let_next_kernel_begin();
    let counters = ptx::shared_address(shared::dynamic_shared_mem());
    let mut at = thread::thread_idx_x() * 4;
    while at < COUNTERS {
        // SAFETY: inside the counters.
        unsafe { ptx::store_shared(counters + at, 0) };
        at += SURVEY_THREADS * 4;
    }
    thread::sync_threads();
    // SAFETY: the caller's conditions; all threads come here.
    unsafe {
        count_steps(launch, counters + 4 * lane_id());
        thread::sync_threads();
        add_up(counters, launch.workspace + PackWorkspace::HISTOGRAM);
        if is_last(launch, counters) {
            choose(launch, counters);
        }
    }
}

/// Counts the fields of a warp's steps into the lane's counters.
///
/// # Safety
/// As [`survey`]; `counters` are the lane's.
#[inline(always)]
unsafe fn count_steps(launch: &Pack, counters: u32) {
    let steps = launch.matrix.columns.div_ceil(STEP_COLUMNS);
    let all = u64::from(launch.matrix.blocks()) * u64::from(steps);
    let warps = u64::from(thread::grid_dim_x()) * u64::from(SURVEY_THREADS / LANES);
    let warp = thread::block_idx_x() * (SURVEY_THREADS / LANES) + thread::thread_idx_x() / LANES;
    let mut number = u64::from(warp) * launch.sample_distance;
    while number < all {
        let (block, step) = (number / u64::from(steps), number % u64::from(steps));
        let rows = source_rows(launch, block as u32);
        // SAFETY: the caller's condition.
        let weights = unsafe {
            [
                super::pack::load::<false>(&rows[0], step as u32),
                super::pack::load::<false>(&rows[1], step as u32),
            ]
        };
        each::<2>(|row| {
            each::<8>(|word| {
                // SAFETY: the caller's condition.
                unsafe {
                    count(weights[row][word], counters);
                    count(weights[row][word] >> 16, counters);
                }
            });
        });
        number += warps * launch.sample_distance;
    }
}

/// Counts the field of the weight in the lower half of a word, unless it is zero.
///
/// # Safety
/// `counters` are the lane's.
#[inline(always)]
unsafe fn count(weight: u32, counters: u32) {
    if weight & 0x7FFF != 0 {
        // SAFETY: there are counters for all fields.
        unsafe { ptx::add_shared(counters + (weight & FIELD_BITS), 1) };
    }
}

/// Adds the block's counters to the histogram.
///
/// # Safety
/// `histogram` is that of all blocks.
#[inline(always)]
unsafe fn add_up(counters: u32, histogram: u64) {
    let field = thread::thread_idx_x();
    if field < FIELDS as u32 {
        let mut sum = 0;
        for number in 0..LANES {
            // Each lane begins at another bank.
            let counter = (number + field) % LANES;
            // SAFETY: inside the counters.
            sum += unsafe { ptx::load_shared(counters + field * FIELD_BYTES + 4 * counter) };
        }
        if sum > 0 {
            // SAFETY: the histogram has a number for each field.
            unsafe { ptx::add_global(histogram + 8 * u64::from(field), sum.into()) };
        }
    }
}

/// Returns whether all other blocks have added up what they counted, and sees that.
///
/// # Safety
/// As [`survey`]; all threads call it.
#[inline(always)]
unsafe fn is_last(launch: &Pack, shared: u32) -> bool {
    ptx::order_global();
    thread::sync_threads();
    if thread::thread_idx_x() == 0 {
        let arrivals = launch.workspace + PackWorkspace::ARRIVALS;
        // SAFETY: the workspace has the number, and the block a word of shared memory.
        unsafe {
            let last = thread::grid_dim_x() - 1;
            let is_last = ptx::exchange_add_global(arrivals, 1) == last;
            if is_last {
                *(arrivals as *mut u32) = 0;
            }
            ptx::store_shared(shared, u32::from(is_last));
        }
    }
    thread::sync_threads();
    ptx::order_global();
    // SAFETY: it was written.
    let is_last = unsafe { ptx::load_shared(shared) != 0 };
    // What comes next writes there.
    thread::sync_threads();
    is_last
}

/// Chooses the scale, as [`wcodec_codec::packed::best_scale`] does, and makes the histogram zero.
///
/// # Safety
/// As [`survey`]; all threads call it, after all blocks have added up.
#[inline(always)]
unsafe fn choose(launch: &Pack, shared: u32) {
    let thread = thread::thread_idx_x();
    // SAFETY: the histogram has a number for each field, and the block room for them.
    unsafe {
        if thread < FIELDS as u32 {
            let at = launch.workspace + PackWorkspace::HISTOGRAM + 8 * u64::from(thread);
            let count = ptx::exchange_global(at, 0);
            ptx::store_shared(shared + 8 * thread, count as u32);
            ptx::store_shared(shared + 8 * thread + 4, (count >> 32) as u32);
        }
        thread::sync_threads();
        // By all threads, so that all come to the same barrier.
        let best = best_of_warp(thread % SCALES, shared);
        thread::sync_threads();
        if thread < SCALES && lane_id() == 0 {
            let at = shared + thread / LANES * 8;
            ptx::store_shared(at, best as u32);
            ptx::store_shared(at + 4, (best >> 32) as u32);
        }
        thread::sync_threads();
        if thread == 0 {
            let mut most = 0;
            for warp in 0..SCALES / LANES {
                let best = load_wide(shared + 8 * warp);
                most = if best > most { best } else { most };
            }
            let scale = u32::from(Scale::MAX) - (most as u32 & u32::from(Scale::MAX));
            *((launch.workspace + PackWorkspace::SCALE) as *mut u32) = scale;
        }
    }
}

/// The most that a scale of the warp's lanes holds, times 128, and how far that scale is below the
/// largest: so of scales that hold as many the smallest is the most.
///
/// # Safety
/// The counts of all fields are in shared memory; all lanes call it.
#[inline(always)]
unsafe fn best_of_warp(scale: u32, counts: u32) -> u64 {
    // SAFETY: there is a count for each field.
    let count = |field: usize| unsafe { load_wide(counts + 8 * field as u32) };
    let mut best = held(scale as u8, count) << 7 | u64::from(u32::from(Scale::MAX) - scale);
    for distance in [1, 2, 4, 8, 16] {
        // SAFETY: all lanes come here.
        let half = |half: u32| unsafe { warp_shuffle_xor(u32::MAX, half, distance, 32).0 };
        let other = u64::from(half(best as u32)) | u64::from(half((best >> 32) as u32)) << 32;
        best = if other > best { other } else { best };
    }
    best
}

/// Reads a number of 64 bits.
///
/// # Safety
/// There is such a number at the shared address, a multiple of 4.
#[inline(always)]
unsafe fn load_wide(address: u32) -> u64 {
    // SAFETY: the caller's condition.
    let (low, high) = unsafe { (ptx::load_shared(address), ptx::load_shared(address + 4)) };
    u64::from(low) | u64::from(high) << 32
}
