//! Which exponents a matrix has.

use super::ptx;
use super::rows::Row;
use super::unroll::each;
use crate::packed::launch::{SURVEY_THREADS, Survey};
use cuda_std::warp::lane_id;
use cuda_std::{shared, thread};
use wcodec_codec::packed::LANES;

/// Exponent fields.
const FIELDS: u32 = 256;
/// Bytes of the counters of a field: one for each lane, in a bank of its own.
const FIELD_BYTES: u32 = 4 * LANES;
/// The bits of a weight that are its exponent field times [`FIELD_BYTES`].
const FIELD_BITS: u32 = 0x7F80;
/// Spans that a lane has on their way at a time.
const SPANS: usize = 2;

/// Counts the exponent fields of all weights that are not zero: a warp goes along a row, and then
/// on to the one that no other warp has.
///
/// # Safety
/// The launch's weights are readable, the block has [`SURVEY_THREADS`] threads and 32 KiB of shared
/// memory.
#[inline(always)]
pub unsafe fn survey(launch: &Survey) {
    let counters = ptx::shared_address(shared::dynamic_shared_mem());
    let mut at = thread::thread_idx_x() * 4;
    while at < FIELDS * FIELD_BYTES {
        // SAFETY: inside the counters.
        unsafe { ptx::store_shared(counters + at, 0) };
        at += SURVEY_THREADS * 4;
    }
    thread::sync_threads();
    let warps = SURVEY_THREADS / LANES;
    let mut row = thread::block_idx_x() * warps + thread::thread_idx_x() / LANES;
    while row < launch.rows {
        let source = Row::new(&launch.source, row.into(), launch.rows.into(), launch.columns);
        // SAFETY: the caller's condition.
        unsafe { count_row(&source, launch.columns, counters + 4 * lane_id()) };
        row += thread::grid_dim_x() * warps;
    }
    thread::sync_threads();
    // SAFETY: all threads have counted.
    unsafe { add_up(counters, launch.histogram) };
}

/// Counts the fields of a row into the lane's counters.
///
/// # Safety
/// The row is readable, and `counters` are the lane's.
#[inline(always)]
unsafe fn count_row(row: &Row, columns: u32, counters: u32) {
    let mut column = lane_id() * Row::SPAN;
    while column < columns {
        let mut words = [[0; 8]; SPANS];
        each::<SPANS>(|span| {
            // SAFETY: the caller's condition.
            words[span] = unsafe { row.load(column + span as u32 * LANES * Row::SPAN) };
        });
        each::<SPANS>(|span| {
            each::<8>(|word| {
                // SAFETY: a field's counter lies inside the counters.
                unsafe {
                    count(words[span][word], counters);
                    count(words[span][word] >> 16, counters);
                }
            });
        });
        column += SPANS as u32 * LANES * Row::SPAN;
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
    if field < FIELDS {
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
