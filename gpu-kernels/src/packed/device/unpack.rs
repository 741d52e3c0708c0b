//! From steps back to rows of BF16 weights.

use super::exceptions::{exception, exceptions_of};
use super::form::{DeviceForm, Words, fragment_words, group_and_thread, load_step};
use super::ptx;
use super::rows::Row;
use super::unroll::each;
use crate::packed::launch::{UNPACK_STEPS, UNPACK_WARPS, Unpack};
use cuda_std::thread;
use cuda_std::warp::lane_id;
use wcodec_codec::packed::fragment::REGISTERS;
use wcodec_codec::packed::{BLOCK_ROWS, FRAGMENTS, LANES, STEP_COLUMNS};

/// Steps of a block of threads.
const STEPS: u32 = UNPACK_WARPS * UNPACK_STEPS;

/// Unpacks some steps of a block of rows, all of a warp's being on their way at once. Blocks of
/// threads are short, so that many run and none is left over at the end.
///
/// # Safety
/// The launch's packed matrix is on the device, there is room for the rows of all blocks of the
/// launch, and the block of threads has [`UNPACK_WARPS`] warps.
#[inline(always)]
pub unsafe fn unpack<F, const N: usize>(launch: &Unpack)
where
    F: DeviceForm<N>,
{
    ptx::let_next_kernel_begin();
    let index = thread::block_idx_y() + thread::block_idx_z() * thread::grid_dim_y();
    if index >= launch.blocks {
        return;
    }
    let is_wide = launch.out.is_wide() && launch.matrix.columns.is_multiple_of(Row::SPAN);
    // SAFETY: the caller's conditions.
    unsafe {
        if is_wide {
            unpack_steps::<F, N, true>(launch, index);
        } else {
            unpack_steps::<F, N, false>(launch, index);
        }
        if F::FORM.has_exceptions() {
            // What they replace has been written.
            thread::sync_threads();
            write_exceptions(launch, index);
        }
    }
}

/// Unpacks the calling warp's steps of block `index` of the launch; where the room is `WIDE`, its
/// rows are written 16 bytes at a time.
///
/// # Safety
/// As [`unpack`].
#[inline(always)]
unsafe fn unpack_steps<F, const N: usize, const WIDE: bool>(launch: &Unpack, index: u32)
where
    F: DeviceForm<N>,
{
    let matrix = &launch.matrix;
    let steps = matrix.columns.div_ceil(STEP_COLUMNS);
    let first = thread::block_idx_x() * STEPS + thread::thread_idx_x() / LANES;
    let step = |place: usize| first + place as u32 * UNPACK_WARPS;
    let before = u64::from(launch.first_block + index) * u64::from(steps);
    let mut words = [[[0; FRAGMENTS as usize]; N]; UNPACK_STEPS as usize];
    each::<{ UNPACK_STEPS as usize }>(|place| {
        if step(place) < steps {
            let number = before + u64::from(step(place));
            let address = matrix.weights + number * u64::from(F::FORM.step_bytes());
            // SAFETY: the matrix has the step.
            words[place] = unsafe { load_step::<N>(address, lane_id()) };
        }
    });
    // The room may be what the kernel before this one reads.
    ptx::wait_for_previous_kernel();
    let (group, thread) = group_and_thread(lane_id());
    let rows = [out_row(launch, index, group), out_row(launch, index, group + 8)];
    let form = F::new(matrix.multiplier);
    each::<{ UNPACK_STEPS as usize }>(|place| {
        let column = step(place) * STEP_COLUMNS + Row::SPAN * thread;
        let weights = unpack_step::<F, N>(form, &words[place]);
        each::<2>(|row| {
            // SAFETY: there is room for the row, and all lanes come here; nothing is written where
            // it has no columns.
            unsafe {
                if WIDE {
                    rows[row].store_wide(column, weights[row]);
                } else {
                    rows[row].store(column, weights[row]);
                }
            }
        });
    });
}

/// Room for row `number` of block `index` of the launch.
#[inline(always)]
fn out_row(launch: &Unpack, index: u32, number: u32) -> Row {
    let row = u64::from(index) * u64::from(BLOCK_ROWS) + u64::from(number);
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

/// Writes the exceptions of the block of threads' columns to their places. Its threads share each
/// row's.
///
/// # Safety
/// As [`unpack`].
#[inline(always)]
unsafe fn write_exceptions(launch: &Unpack, index: u32) {
    const THREADS_A_ROW: u32 = UNPACK_WARPS * LANES / BLOCK_ROWS;
    let (number, first) =
        (thread::thread_idx_x() / THREADS_A_ROW, thread::thread_idx_x() % THREADS_A_ROW);
    let row = out_row(launch, index, number);
    let first_column = thread::block_idx_x() * STEPS * STEP_COLUMNS;
    // SAFETY: the matrix is on the device, and there is room for the row.
    unsafe {
        let block = launch.first_block + index;
        let (start, end) = exceptions_of(&launch.matrix, block * BLOCK_ROWS + number);
        let mut number = u64::from(start) + u64::from(first);
        while number < u64::from(end) {
            let exception = exception(&launch.matrix, number as u32);
            if exception.column.wrapping_sub(first_column) < STEPS * STEP_COLUMNS {
                row.set(exception.column, exception.bits());
            }
            number += u64::from(THREADS_A_ROW);
        }
    }
}
