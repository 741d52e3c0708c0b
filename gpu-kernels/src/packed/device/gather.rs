//! Exceptions, each to its place in the order of rows and columns.

use super::encoder::faults;
use super::form::{DeviceForm, group_and_thread};
use super::pack::{encoder, load, source_rows};
use super::ptx;
use super::rows::Row;
use super::unroll::each;
use crate::packed::launch::{GATHER_WARPS, Pack, PackWorkspace};
use cuda_std::warp::{lane_id, warp_shuffle_idx, warp_shuffle_up, warp_vote_any, warp_vote_ballot};
use cuda_std::{shared, thread};
use wcodec_codec::packed::{BLOCK_ROWS, Exception, LANES, STEP_COLUMNS};

/// Where the numbers of exceptions of each warp's step lie in shared memory, after a word for each
/// warp.
const COUNTS: u32 = 4 * GATHER_WARPS;

/// Gathers the exceptions of a block of rows from the steps that have some, as many of these at a
/// time as there are warps.
///
/// # Safety
/// The launch's weights are readable, its packed matrix and workspace are writable, and the counts
/// of rows and the sums of blocks are there; the block has [`GATHER_WARPS`] warps and shared memory
/// for them.
#[inline(always)]
pub unsafe fn gather<F, const N: usize>(launch: &Pack)
where
    F: DeviceForm<N>,
{
    ptx::let_next_kernel_begin();
    ptx::wait_for_previous_kernel();
    let block = thread::block_idx_x();
    let shared = ptx::shared_address(shared::dynamic_shared_mem());
    let steps = launch.matrix.columns.div_ceil(STEP_COLUMNS);
    // SAFETY: the caller's conditions; all threads come here.
    unsafe {
        let Some(places) = write_starts(launch, block) else { return };
        let mut rounds = Rounds { rows: source_rows(launch, block), places, shared };
        let mut first = 0;
        while first < steps {
            let flagged = find_steps(launch, (block, first, steps), shared);
            let mut round = 0;
            while round < flagged {
                let nth = round + thread::thread_idx_x() / LANES;
                let step = if nth < flagged { Some(first + nth_step(shared, nth)) } else { None };
                rounds.gather::<F, N>(launch, step);
                round += GATHER_WARPS;
            }
            thread::sync_threads();
            first += GATHER_WARPS * LANES;
        }
    }
}

/// Writes where the exceptions of each of the block's rows begin, over how many there are, and
/// gives where those of the calling lane's two rows do; `None` where the block has no exceptions.
///
/// # Safety
/// As [`gather`]; all threads call it.
#[inline(always)]
unsafe fn write_starts(launch: &Pack, block: u32) -> Option<[u32; 2]> {
    let (lane, is_row) = (lane_id(), lane_id() < BLOCK_ROWS);
    let counts = launch.workspace + PackWorkspace::BLOCK_COUNTS;
    let row = u64::from(block * BLOCK_ROWS + if is_row { lane } else { 0 });
    let start = (launch.matrix.row_starts + 4 * row) as *mut u32;
    // SAFETY: there is a sum for each block and a start for each row; all lanes shuffle.
    unsafe {
        let count = if is_row { *start } else { 0 };
        // All warps read them before one writes.
        thread::sync_threads();
        let mut sum = count;
        for distance in [1, 2, 4, 8] {
            let (before, inside) = warp_shuffle_up(u32::MAX, sum, distance, 32);
            sum = sum.wrapping_add(if inside { before } else { 0 });
        }
        let before = *((counts + 4 * u64::from(block)) as *const u32);
        let place = before.wrapping_add(sum).wrapping_sub(count);
        if is_row && thread::thread_idx_x() < LANES {
            *start = place;
        }
        let (group, _) = group_and_thread(lane);
        let of = |row| warp_shuffle_idx(u32::MAX, place, row, 32).0;
        let places = [of(group), of(group + 8)];
        if warp_vote_any(u32::MAX, count != 0) { Some(places) } else { None }
    }
}

/// Notes which of the next steps have exceptions, a bit for each, and gives their number.
///
/// # Safety
/// As [`gather`]; all threads call it, and none still reads the bits of other steps.
#[inline(always)]
unsafe fn find_steps(launch: &Pack, (block, first, steps): (u32, u32, u32), shared: u32) -> u32 {
    let (step, warp) = (first + thread::thread_idx_x(), thread::thread_idx_x() / LANES);
    let flags = launch.workspace + launch.flags_at + u64::from(block) * u64::from(steps);
    // SAFETY: there is a flag for each step, and a word for each warp; all lanes vote.
    unsafe {
        let is_flagged = step < steps && *((flags + u64::from(step)) as *const u8) != 0;
        let bits = warp_vote_ballot(u32::MAX, is_flagged);
        if lane_id() == 0 {
            ptx::store_shared(shared + 4 * warp, bits);
        }
        thread::sync_threads();
        let mut flagged = 0;
        for warp in 0..GATHER_WARPS {
            flagged += ptx::load_shared(shared + 4 * warp).count_ones();
        }
        flagged
    }
}

/// The number of the nth step that has exceptions, which there is, among those that were noted.
///
/// # Safety
/// The bits are in shared memory.
#[inline(always)]
unsafe fn nth_step(shared: u32, mut nth: u32) -> u32 {
    let mut warp = 0;
    // SAFETY: there is a word for each warp.
    let mut bits = unsafe { ptx::load_shared(shared) };
    while warp + 1 < GATHER_WARPS && nth >= bits.count_ones() {
        nth -= bits.count_ones();
        warp += 1;
        // SAFETY: as above.
        bits = unsafe { ptx::load_shared(shared + 4 * warp) };
    }
    while nth > 0 {
        bits &= bits.wrapping_sub(1);
        nth -= 1;
    }
    warp * LANES + bits.trailing_zeros()
}

/// Steps of a block of rows, gathered one a warp at a time.
struct Rounds {
    /// The calling lane's rows.
    rows: [Row; 2],
    /// Where the next exceptions of those go.
    places: [u32; 2],
    shared: u32,
}

impl Rounds {
    /// Writes the exceptions of the warps' steps; a warp may have none.
    ///
    /// # Safety
    /// As [`gather`]; all threads call it, and the steps are in the order of the warps.
    #[inline(always)]
    unsafe fn gather<F, const N: usize>(&mut self, launch: &Pack, step: Option<u32>)
    where
        F: DeviceForm<N>,
    {
        let warp = thread::thread_idx_x() / LANES;
        let (group, thread) = group_and_thread(lane_id());
        // SAFETY: the caller's conditions; all lanes shuffle.
        unsafe {
            let mut found = [Found { words: [0; 8], bits: 0 }; 2];
            let mut before = [0; 2];
            each::<2>(|row| {
                if let Some(step) = step {
                    found[row] = look::<F, N>(launch, &self.rows[row], step);
                }
                let (of_lanes, all) = counts_of_lanes(found[row].bits.count_ones());
                before[row] = of_lanes;
                if thread == 0 {
                    ptx::store_shared(self.count_at(warp, row, group), all);
                }
            });
            thread::sync_threads();
            each::<2>(|row| {
                let mut place = self.places[row].wrapping_add(before[row]);
                for other in 0..GATHER_WARPS {
                    let count = ptx::load_shared(self.count_at(other, row, group));
                    place = place.wrapping_add(if other < warp { count } else { 0 });
                    self.places[row] = self.places[row].wrapping_add(count);
                }
                if let Some(step) = step {
                    let column = step * STEP_COLUMNS + Row::SPAN * thread;
                    write_found(launch, &found[row], column, place);
                }
            });
            thread::sync_threads();
        }
    }

    /// Where the number of exceptions lies that a warp found in a row of the block.
    #[inline(always)]
    fn count_at(&self, warp: u32, row: usize, group: u32) -> u32 {
        self.shared + COUNTS + 4 * (warp * BLOCK_ROWS + 8 * row as u32 + group)
    }
}

/// A lane's weights of a row in a step, and a bit for each that is an exception.
#[derive(Clone, Copy)]
struct Found {
    words: [u32; 8],
    bits: u32,
}

/// Reads a lane's weights of a row, and looks which are exceptions.
///
/// # Safety
/// As [`gather`].
#[inline(always)]
unsafe fn look<F, const N: usize>(launch: &Pack, row: &Row, step: u32) -> Found
where
    F: DeviceForm<N>,
{
    // SAFETY: the caller's condition.
    let (words, encoder) = unsafe { (load::<false>(row, step), encoder(launch)) };
    let mut bits = 0;
    each::<8>(|word| {
        let (_, fault) = F::encode(encoder, words[word]);
        let [low, high] = faults(fault);
        bits |= u32::from(low) << (2 * word) | u32::from(high) << (2 * word + 1);
    });
    Found { words, bits }
}

/// The sum of the counts of those lanes that share the calling one's row and come before it, in the
/// order of its columns, and of all four.
///
/// # Safety
/// All lanes call it.
#[inline(always)]
unsafe fn counts_of_lanes(count: u32) -> (u32, u32) {
    let (group, thread) = group_and_thread(lane_id());
    let (mut before, mut all) = (0, 0);
    each::<4>(|lane| {
        let lane = lane as u32;
        // SAFETY: the caller's condition.
        let count = unsafe { warp_shuffle_idx(u32::MAX, count, 4 * group + lane, 32).0 };
        before += if lane < thread { count } else { 0 };
        all += count;
    });
    (before, all)
}

/// Writes a lane's exceptions from a place on.
///
/// # Safety
/// As [`gather`].
#[inline(always)]
unsafe fn write_found(launch: &Pack, found: &Found, column: u32, mut place: u32) {
    each::<8>(|word| {
        each::<2>(|half| {
            let number = 2 * word + half;
            if found.bits >> number & 1 != 0 {
                let weight = (found.words[word] >> (16 * half)) as u16;
                let exception = Exception::new(column + number as u32, weight);
                // SAFETY: the caller's condition.
                unsafe { write(launch, place, exception) };
                place = place.wrapping_add(1);
            }
        });
    });
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
