//! Finds what is wrong with deltas before anything is restored.

use super::segment::Segment;
use super::team::Warp;
use crate::delta::launch::{
    DeltaLaunch, DeltaStatus, DeltaTask, MOST_STATUSES, SEGMENT_THREADS, SegmentTask,
};
use crate::device::ptx::{load_global, lower_to, uniform};
use crate::launch::INTACT;
use cuda_std::thread;
use cuda_std::warp::lane_id;
use wcodec_codec::delta::are_sound;

/// Checks a segment, or after those a delta, by each warp.
///
/// # Safety
/// There is a warp for each segment and for each delta; all that they name is there, but for what gaps
/// and differences say. The block has [`SEGMENT_THREADS`] threads.
#[inline(always)]
pub unsafe fn check(launch: &DeltaLaunch) {
    let number = thread::block_idx_x() * (SEGMENT_THREADS / 32) + thread::thread_idx_x() / 32;
    let number = uniform(number);
    // SAFETY: the caller's condition.
    unsafe {
        if number < launch.segment_count {
            check_segment(launch, *(launch.segments as *const SegmentTask).add(number as usize));
        } else if number < launch.segment_count + launch.delta_count {
            check_delta(launch, number - launch.segment_count);
        }
    }
}

/// Checks the gaps of a segment.
#[inline(always)]
unsafe fn check_segment(launch: &DeltaLaunch, task: SegmentTask) {
    // SAFETY: the segment's delta is there.
    let delta = unsafe { *(launch.deltas as *const DeltaTask).add(task.delta as usize) };
    // Of no width in particular: no element is looked at.
    let segment = Segment::<u8, Warp>::new(launch, &delta, &task, task.out);
    if !are_sound::<u8, _>(&segment, &segment.counts) {
        // SAFETY: the delta has a status.
        unsafe { lower_to(fault(launch, task.delta), MOST_STATUSES + task.number) };
    }
}

/// Checks that all parts of a delta were decoded; the first lane does.
#[inline(always)]
unsafe fn check_delta(launch: &DeltaLaunch, number: u32) {
    if lane_id() > 0 {
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
