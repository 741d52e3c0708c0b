//! Copies a segment's counterpart in the reference to the segment, in one piece or by rows.

use crate::delta::launch::{DeltaLaunch, DeltaTask, NO_ROW, SegmentTask};
use crate::device::ptx::{load_global_4, store_global_4_if};
use cuda_std::thread;
use wcodec_codec::delta::{Bits, SEGMENT_BYTES};

/// Bytes that a thread copies as one where all lies on multiples of them.
const UNIT: u32 = 16;
/// Units that a thread copies at a time: all are asked for before the first arrives.
const TOGETHER: usize = 8;

/// Copies the block's segment, of elements `T`, from one address to another.
///
/// # Safety
/// Both are there, and do not overlap.
#[inline(always)]
pub unsafe fn copy<T: Bits>(from: u64, to: u64, bytes: u32) {
    let is_aligned = (from | to) & u64::from(UNIT - 1) == 0;
    let units = if is_aligned { bytes / UNIT } else { 0 };
    // SAFETY: the caller's condition.
    unsafe {
        copy_units(from, to, units);
        let size = T::BYTES as u32;
        let mut at = units * UNIT + size * thread::thread_idx_x();
        while at < bytes {
            *((to + u64::from(at)) as *mut T) = *((from + u64::from(at)) as *const T);
            at += size * thread::block_dim_x();
        }
    }
}

/// Copies so many units.
#[inline(always)]
unsafe fn copy_units(from: u64, to: u64, units: u32) {
    let threads = thread::block_dim_x();
    let place = |unit: u32| u64::from(UNIT) * u64::from(unit);
    let mut first = 0;
    while first < units {
        let number = |at: usize| first + at as u32 * threads + thread::thread_idx_x();
        // SAFETY: there is a last unit.
        let copied: [[u32; 4]; TOGETHER] = core::array::from_fn(|at| unsafe {
            load_global_4(from + place(number(at).min(units - 1)))
        });
        for at in 0..TOGETHER {
            // SAFETY: a unit that is wanted is there.
            unsafe { store_global_4_if(number(at) < units, to + place(number(at)), copied[at]) };
        }
        first += TOGETHER as u32 * threads;
    }
}

/// Copies the block's segment by the rows that the map tells, zeros where it tells none.
///
/// # Safety
/// As [`super::restore::restore`].
#[inline(always)]
pub unsafe fn copy_rows(launch: &DeltaLaunch, delta: &DeltaTask, task: &SegmentTask) {
    let is_aligned = (task.reference | task.out | delta.row_bytes) & u64::from(UNIT - 1) == 0;
    // SAFETY: the caller's condition; all lies on multiples of an element's bytes.
    unsafe {
        match if is_aligned { UNIT } else { delta.width } {
            1 => copy_rows_by::<u8>(launch, delta, task),
            2 => copy_rows_by::<u16>(launch, delta, task),
            4 => copy_rows_by::<u32>(launch, delta, task),
            8 => copy_rows_by::<u64>(launch, delta, task),
            _ => copy_rows_by::<u128>(launch, delta, task),
        }
    }
}

/// As [`copy_rows`], by pieces `T`.
#[inline(always)]
unsafe fn copy_rows_by<T: Copy + Default>(
    launch: &DeltaLaunch,
    delta: &DeltaTask,
    task: &SegmentTask,
) {
    let rows = (launch.workspace + delta.rows + 4 * u64::from(task.row)) as *const u32;
    let size = size_of::<T>() as u32;
    let mut at = size * thread::thread_idx_x();
    while at < task.bytes {
        let (row, inside) = row_of(task.inside + u64::from(at), delta.row_bytes);
        // SAFETY: the tensor has the row, and so the map a number; the reference has that row.
        unsafe {
            let from = *rows.add(row as usize);
            let address = task.reference + u64::from(from) * delta.row_bytes + inside;
            let piece = if from == NO_ROW { T::default() } else { *(address as *const T) };
            *((task.out + u64::from(at)) as *mut T) = piece;
        }
        at += size * thread::block_dim_x();
    }
}

/// The row of a byte of the segment, counted from its first row, and the bytes of that row before it;
/// `at` counts from where the first row begins. By a division of 32 bits: one of 64 is a call.
#[inline(always)]
fn row_of(at: u64, row_bytes: u64) -> (u32, u64) {
    let row = match row_bytes < SEGMENT_BYTES as u64 {
        true => (at as u32).checked_div(row_bytes as u32).unwrap_or(0),
        // It has no third row.
        false => u32::from(at >= row_bytes),
    };
    (row, at - u64::from(row) * row_bytes)
}
