//! Exceptions, each to its place in the order of rows and columns.

use super::form::{DeviceForm, group_and_thread};
use super::pack::source_rows;
use super::rows::Row;
use super::unroll::each;
use crate::packed::launch::{GATHER_WARPS, Pack, PackWorkspace};
use cuda_std::thread;
use cuda_std::warp::{lane_id, warp_shuffle_idx, warp_shuffle_up, warp_vote_ballot};
use wcodec_codec::packed::{BLOCK_ROWS, Exception, LANES, STEP_COLUMNS, Scale};

/// Gathers the exceptions of a block of rows by one warp, from the steps that have some.
///
/// # Safety
/// The launch's weights are readable, its packed matrix and workspace are writable, and the counts
/// of rows and the sums of blocks are there; the block has [`GATHER_WARPS`] warps.
#[inline(always)]
pub unsafe fn gather<F, const N: usize>(launch: &Pack)
where
    F: DeviceForm<N>,
{
    let block = thread::block_idx_x() * GATHER_WARPS + thread::thread_idx_x() / LANES;
    if block >= launch.matrix.blocks() {
        return;
    }
    let steps = launch.matrix.columns.div_ceil(STEP_COLUMNS);
    let flags = launch.workspace + launch.flags_at + u64::from(block) * u64::from(steps);
    let rows = source_rows(launch, block);
    let scale = Scale::new(launch.scale as u8).unwrap_or_default();
    // SAFETY: the caller's conditions; all lanes of the warp come here.
    unsafe {
        let mut places = write_starts(launch, block);
        let mut first = 0;
        while first < steps {
            let step = first + lane_id();
            let found = step < steps && *((flags + u64::from(step)) as *const u8) != 0;
            let mut left = warp_vote_ballot(u32::MAX, found);
            while left != 0 {
                let step = first + left.trailing_zeros();
                left &= left - 1;
                each::<2>(|row| {
                    places[row] = gather_row::<F, N>(launch, scale, &rows[row], step, places[row]);
                });
            }
            first += LANES;
        }
    }
}

/// Writes where the exceptions of each of the block's rows begin, over how many there are, and
/// gives where those of the calling lane's two rows do.
///
/// # Safety
/// As [`gather`].
#[inline(always)]
unsafe fn write_starts(launch: &Pack, block: u32) -> [u32; 2] {
    let (lane, is_row) = (lane_id(), lane_id() < BLOCK_ROWS);
    let counts = launch.workspace + PackWorkspace::BLOCK_COUNTS;
    let row = u64::from(block * BLOCK_ROWS + if is_row { lane } else { 0 });
    let start = (launch.matrix.row_starts + 4 * row) as *mut u32;
    // SAFETY: there is a sum for each block and a start for each row; all lanes shuffle.
    unsafe {
        let count = if is_row { *start } else { 0 };
        let mut sum = count;
        for distance in [1, 2, 4, 8] {
            let (before, inside) = warp_shuffle_up(u32::MAX, sum, distance, 32);
            sum += if inside { before } else { 0 };
        }
        let place = *((counts + 4 * u64::from(block)) as *const u32) + sum - count;
        if is_row {
            *start = place;
        }
        let (group, _) = group_and_thread(lane);
        let of = |row| warp_shuffle_idx(u32::MAX, place, row, 32).0;
        [of(group), of(group + 8)]
    }
}

/// Writes the exceptions of the calling lanes' rows in a step from their places on, and gives the
/// places after them. The four lanes that share a row come in the order of its columns.
///
/// # Safety
/// As [`gather`].
#[inline(always)]
unsafe fn gather_row<F, const N: usize>(
    launch: &Pack,
    scale: Scale,
    row: &Row,
    step: u32,
    place: u32,
) -> u32
where
    F: DeviceForm<N>,
{
    let (group, thread) = group_and_thread(lane_id());
    let column = step * STEP_COLUMNS + Row::SPAN * thread;
    // SAFETY: the caller's condition.
    let words = unsafe { row.load(column) };
    let mut found = 0u32;
    each::<8>(|word| {
        let is_exception = |weight| u32::from(F::code(scale, weight).is_none());
        found |= is_exception(words[word] as u16) << (2 * word);
        found |= is_exception((words[word] >> 16) as u16) << (2 * word + 1);
    });
    let mut counts = [0; 4];
    each::<4>(|lane| {
        // SAFETY: all lanes shuffle.
        counts[lane] = unsafe {
            warp_shuffle_idx(u32::MAX, found.count_ones(), 4 * group + lane as u32, 32).0
        };
    });
    let mut at = place;
    each::<4>(|lane| at += if (lane as u32) < thread { counts[lane] } else { 0 });
    each::<8>(|word| {
        each::<2>(|half| {
            if found >> (2 * word + half) & 1 != 0 {
                let weight = (words[word] >> (16 * half)) as u16;
                let column = column + 2 * word as u32 + half as u32;
                // SAFETY: the caller's condition.
                unsafe { write(launch, at, Exception::new(column, weight)) };
                at += 1;
            }
        });
    });
    place + counts[0] + counts[1] + counts[2] + counts[3]
}

/// Writes an exception, if there is room for it.
///
/// # Safety
/// As [`gather`].
#[inline(always)]
unsafe fn write(launch: &Pack, place: u32, exception: Exception) {
    if place < launch.exception_room {
        let address = launch.matrix.exceptions + 8 * u64::from(place);
        // SAFETY: there is room.
        unsafe { *(address as *mut Exception) = exception };
    }
}
