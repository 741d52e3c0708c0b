//! Restores segments, a block each.

use super::copy::{copy, copy_rows};
use super::segment::Segment;
use super::team::Block;
use crate::delta::launch::{DeltaLaunch, DeltaStatus, DeltaTask, SegmentTask};
use cuda_std::thread;
use wcodec_codec::delta::{Bits, add_differences, make_changes};

/// A way to restore a segment.
pub trait Way {
    /// Restores the block's segment, whose differences are stored as `S`.
    ///
    /// # Safety
    /// As [`restore`].
    unsafe fn restore<T: Bits, S: Bits>(launch: &DeltaLaunch, delta: DeltaTask, task: SegmentTask);
}

/// Makes the changes of a segment in place.
pub struct Change;

/// Copies a segment, and changes it while it is in the caches.
pub struct CopyAndChange;

/// Adds a difference to each element.
pub struct Add;

impl Way for Change {
    #[inline(always)]
    unsafe fn restore<T: Bits, S: Bits>(launch: &DeltaLaunch, delta: DeltaTask, task: SegmentTask) {
        let segment = Segment::<S, Block>::new(launch, &delta, &task, task.out);
        make_changes::<T, _>(&segment, &segment.counts);
    }
}

impl Way for CopyAndChange {
    #[inline(always)]
    unsafe fn restore<T: Bits, S: Bits>(launch: &DeltaLaunch, delta: DeltaTask, task: SegmentTask) {
        // SAFETY: the segment and its counterpart are there.
        unsafe { copy::<T>(task.reference, task.out, task.bytes) };
        thread::sync_threads();
        let segment = Segment::<S, Block>::new(launch, &delta, &task, task.out);
        make_changes::<T, _>(&segment, &segment.counts);
    }
}

impl Way for Add {
    #[inline(always)]
    unsafe fn restore<T: Bits, S: Bits>(launch: &DeltaLaunch, delta: DeltaTask, task: SegmentTask) {
        let segment = Segment::<S, Block>::new(launch, &delta, &task, task.reference);
        add_differences::<T, _>(&segment, segment.counts.elements);
    }
}

/// Restores the block's segment, unless something is wrong with its delta.
///
/// # Safety
/// There is a segment for each block, and all that it names is there, but for what gaps and
/// differences say. The block has [`crate::delta::launch::SEGMENT_THREADS`] threads and the shared
/// memory that [`crate::delta::launch::SEGMENT_SHARED_BYTES`] says.
#[inline(always)]
pub unsafe fn restore<W: Way>(launch: &DeltaLaunch) {
    // SAFETY: the caller's condition, for elements and differences of the delta's widths.
    unsafe {
        let (delta, task) = segment_of(launch);
        if !is_sound(launch, &task) {
            return;
        }
        match (delta.width, delta.stored_width) {
            (1, _) => W::restore::<u8, u8>(launch, delta, task),
            (2, 1) => W::restore::<u16, u8>(launch, delta, task),
            (2, _) => W::restore::<u16, u16>(launch, delta, task),
            (4, 1) => W::restore::<u32, u8>(launch, delta, task),
            (4, 2) => W::restore::<u32, u16>(launch, delta, task),
            (4, _) => W::restore::<u32, u32>(launch, delta, task),
            (_, 1) => W::restore::<u64, u8>(launch, delta, task),
            (_, 2) => W::restore::<u64, u16>(launch, delta, task),
            (_, 4) => W::restore::<u64, u32>(launch, delta, task),
            _ => W::restore::<u64, u64>(launch, delta, task),
        }
    }
}

/// Copies the rows of the block's segment, unless something is wrong with its delta.
///
/// # Safety
/// As [`restore`].
#[inline(always)]
pub unsafe fn copy_mapped(launch: &DeltaLaunch) {
    // SAFETY: the caller's condition.
    unsafe {
        let (delta, task) = segment_of(launch);
        if is_sound(launch, &task) {
            copy_rows(launch, &delta, &task);
        }
    }
}

/// The block's segment, and its delta.
#[inline(always)]
unsafe fn segment_of(launch: &DeltaLaunch) -> (DeltaTask, SegmentTask) {
    // SAFETY: the block has a segment, which has a delta.
    unsafe {
        let task = *(launch.segments as *const SegmentTask).add(thread::block_idx_x() as usize);
        (*(launch.deltas as *const DeltaTask).add(task.delta as usize), task)
    }
}

/// Returns whether nothing was found wrong with the segment's delta.
#[inline(always)]
unsafe fn is_sound(launch: &DeltaLaunch, task: &SegmentTask) -> bool {
    // SAFETY: the delta has a status.
    let status = unsafe { &*(launch.statuses as *const DeltaStatus).add(task.delta as usize) };
    status.fault == DeltaStatus::SOUND.fault
}
