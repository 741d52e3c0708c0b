//! From steps back to rows of BF16 weights.

use super::exceptions::{exception, exceptions_of};
use super::form::{DeviceForm, Words, fragment_words, group_and_thread, load_step};
use super::rows::Row;
use super::unroll::each;
use crate::packed::launch::{PACK_WARPS, Unpack};
use cuda_std::thread;
use cuda_std::warp::lane_id;
use wcodec_codec::packed::fragment::REGISTERS;
use wcodec_codec::packed::{BLOCK_ROWS, FRAGMENTS, LANES, STEP_COLUMNS};

/// Unpacks a block of rows.
///
/// # Safety
/// The launch's packed matrix is on the device, there is room for the rows of all blocks of the
/// launch, and the block has [`PACK_WARPS`] warps.
#[inline(always)]
pub unsafe fn unpack<F, const N: usize>(launch: &Unpack)
where
    F: DeviceForm<N>,
{
    let (matrix, block) = (&launch.matrix, launch.first_block + thread::block_idx_x());
    let steps = matrix.columns.div_ceil(STEP_COLUMNS);
    let (group, thread) = group_and_thread(lane_id());
    let rows = [out_row(launch, group), out_row(launch, group + 8)];
    let form = F::new(matrix.multiplier);
    let mut step = thread::thread_idx_x() / LANES;
    let load = |step: u32| {
        let number = u64::from(block) * u64::from(steps) + u64::from(step);
        let address = matrix.weights + number * u64::from(F::FORM.step_bytes());
        // SAFETY: the matrix has the step.
        if step < steps { unsafe { load_step::<N>(address, lane_id()) } } else { [[0; 4]; N] }
    };
    let [mut next, mut after] = [load(step), load(step + PACK_WARPS)];
    while step < steps {
        let now = core::mem::replace(&mut next, after);
        after = load(step + 2 * PACK_WARPS);
        let column = step * STEP_COLUMNS + Row::SPAN * thread;
        let weights = unpack_step::<F, N>(form, &now);
        // SAFETY: there is room for the rows.
        unsafe {
            rows[0].store(column, weights[0]);
            rows[1].store(column, weights[1]);
        }
        step += PACK_WARPS;
    }
    if F::FORM.has_exceptions() {
        // What they replace has been written.
        thread::sync_threads();
        // SAFETY: the caller's conditions.
        unsafe { write_exceptions(launch, block) };
    }
}

/// Room for row `number` of the calling block.
#[inline(always)]
fn out_row(launch: &Unpack, number: u32) -> Row {
    let row = u64::from(thread::block_idx_x() * BLOCK_ROWS + number);
    let before = u64::from(launch.first_block) * u64::from(BLOCK_ROWS);
    let count = u64::from(launch.matrix.rows) - before;
    Row::new(&launch.out, row, count, launch.matrix.columns)
}

/// A lane's weights of a step, in each of its two rows.
#[inline(always)]
fn unpack_step<F, const N: usize>(form: F, words: &Words<N>) -> [[u32; 8]; 2]
where
    F: DeviceForm<N>,
{
    let mut weights = [[0; 8]; 2];
    each::<{ FRAGMENTS as usize }>(|fragment| {
        let codes = F::codes(fragment_words(words, fragment));
        each::<REGISTERS>(|register| {
            weights[register % 2][2 * fragment + register / 2] = form.weights(codes[register]);
        });
    });
    weights
}

/// Writes a block's exceptions to their places: the threads of a block share each row's.
///
/// # Safety
/// As [`unpack`].
#[inline(always)]
unsafe fn write_exceptions(launch: &Unpack, block: u32) {
    const THREADS_A_ROW: u32 = PACK_WARPS * LANES / BLOCK_ROWS;
    let (number, first) =
        (thread::thread_idx_x() / THREADS_A_ROW, thread::thread_idx_x() % THREADS_A_ROW);
    let row = out_row(launch, number);
    // SAFETY: the matrix is on the device, and there is room for the row.
    unsafe {
        let (start, end) = exceptions_of(&launch.matrix, block * BLOCK_ROWS + number);
        let mut number = u64::from(start) + u64::from(first);
        while number < u64::from(end) {
            let exception = exception(&launch.matrix, number as u32);
            row.set(exception.column, exception.bits());
            number += u64::from(THREADS_A_ROW);
        }
    }
}
