//! From a block to its tensor and tiles.

use crate::encode::launch::{Course, EncodeJob, EncodeLaunch, EncodeTable, GROUP_TILES};
use cuda_std::thread;

/// The tensor of a block, and the tile of a warp.
pub struct Place {
    /// The number of the tensor.
    pub job: u32,
    /// The tile of the calling warp, perhaps beyond the last.
    pub tile: u32,
}

impl Place {
    /// That of the calling warp.
    ///
    /// # Safety
    /// The launch's jobs are readable, and the block's group is one of theirs.
    #[inline(always)]
    pub unsafe fn of_warp(launch: &EncodeLaunch) -> Self {
        let group = launch.first_group + thread::block_idx_x();
        // The last job that does not begin after the group.
        let (mut job, mut end) = (0, launch.job_count);
        while end - job > 1 {
            let middle = job + (end - job) / 2;
            // SAFETY: there is such a job.
            let is_after = unsafe { self::job(launch, middle).first_group > group };
            (job, end) = if is_after { (job, middle) } else { (middle, end) };
        }
        // SAFETY: as above.
        let first = unsafe { self::job(launch, job).first_group };
        let tile = (group - first) * GROUP_TILES + thread::thread_idx_x() / 32;
        Self { job, tile }
    }
}

/// Returns whether a tensor is not worked on in this round.
///
/// # Safety
/// As [`job`]; the tensor has a table.
#[inline(always)]
pub unsafe fn is_left_out(launch: &EncodeLaunch, number: u32) -> bool {
    // SAFETY: the caller's condition.
    let table = unsafe { &*(launch.tables as *const EncodeTable).add(number as usize) };
    launch.round > 0 && table.course != Course::Again as u32
}

/// A tensor by its number.
///
/// # Safety
/// The launch has such a job.
#[inline(always)]
pub unsafe fn job(launch: &EncodeLaunch, number: u32) -> &EncodeJob {
    // SAFETY: the caller's condition.
    unsafe { &*(launch.jobs as *const EncodeJob).add(number as usize) }
}
