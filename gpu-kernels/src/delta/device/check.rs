//! Finds what is wrong with deltas before anything is restored.

use super::segment::Segment;
use crate::delta::launch::{DeltaLaunch, DeltaStatus, DeltaTask, MOST_STATUSES, SegmentTask};
use crate::device::ptx::{load_global, lower_to};
use crate::launch::INTACT;
use cuda_std::thread;
use wcodec_codec::delta::are_sound;

/// Checks a segment, or after those a delta.
///
/// # Safety
/// There is a segment for each of the first blocks, and a delta for each of the others; all that
/// they name is there, but for what gaps and differences say. The block has
/// [`crate::delta::launch::SEGMENT_THREADS`] threads and the shared memory that
/// [`crate::delta::launch::SEGMENT_SHARED_BYTES`] says.
#[inline(always)]
pub unsafe fn check(launch: &DeltaLaunch) {
    let block = thread::block_idx_x();
    // SAFETY: the caller's condition.
    unsafe {
        if block < launch.segment_count {
            check_segment(launch, *(launch.segments as *const SegmentTask).add(block as usize));
        } else {
            check_delta(launch, block - launch.segment_count);
        }
    }
}

/// Checks the gaps of a segment.
#[inline(always)]
unsafe fn check_segment(launch: &DeltaLaunch, task: SegmentTask) {
    // SAFETY: the segment's delta is there.
    let delta = unsafe { *(launch.deltas as *const DeltaTask).add(task.delta as usize) };
    // Of no width in particular: no element is looked at.
    let segment = Segment::<u8>::new(launch, &delta, &task, task.out);
    if !are_sound::<u8, _>(&segment, &segment.counts) {
        // SAFETY: the delta has a status.
        unsafe { lower_to(fault(launch, task.delta), MOST_STATUSES + task.number) };
    }
}

/// Checks that all parts of a delta were decoded; its first thread does.
#[inline(always)]
unsafe fn check_delta(launch: &DeltaLaunch, number: u32) {
    if thread::thread_idx_x() > 0 {
        return;
    }
    // SAFETY: there is such a delta, which has its statuses.
    unsafe {
        let delta = &*(launch.deltas as *const DeltaTask).add(number as usize);
        let first = launch.decoded + 4 * u64::from(delta.first_status);
        for part in 0..delta.statuses {
            let tile = load_global(first + 4 * u64::from(part));
            if tile != INTACT {
                lower_to(fault(launch, number), part);
                (*status(launch, number)).tile = tile;
                return;
            }
        }
    }
}

/// The status of a delta.
#[inline(always)]
fn status(launch: &DeltaLaunch, delta: u32) -> *mut DeltaStatus {
    (launch.statuses as *mut DeltaStatus).wrapping_add(delta as usize)
}

/// The first word of it.
#[inline(always)]
fn fault(launch: &DeltaLaunch, delta: u32) -> *mut u32 {
    status(launch, delta).cast()
}
