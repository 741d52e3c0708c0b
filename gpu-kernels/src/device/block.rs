//! Sums over the threads of a block.
//!
//! Callers make the values by arithmetic, not by branches. The compiler, which does not know that
//! all threads meet in these functions, goes two ways from a branch to the next one on the same
//! condition, through whatever is in between; and the threads of a warp then wait for each other in
//! different places, for ever.

use super::ptx;
use cuda_std::thread;
use cuda_std::warp::{lane_id, warp_shuffle_up};

/// The sum of the values of all threads before the calling one, and the sum of all.
///
/// # Safety
/// All threads of the block call it, whole warps, with 8 bytes of shared memory for each warp at
/// `sums`, of which nothing else is made use of meanwhile.
#[inline(always)]
pub unsafe fn sums_before(value: u64, sums: u32) -> (u64, u64) {
    let mut sum = value;
    for distance in [1, 2, 4, 8, 16] {
        // SAFETY: all lanes come here.
        let (below, is_inside) = unsafe { warp_shuffle_up(u32::MAX, sum, distance, 32) };
        sum += if is_inside { below } else { 0 };
    }
    let warp = thread::thread_idx_x() / 32;
    // What was there before has been read by all.
    thread::sync_threads();
    if lane_id() == 31 {
        // SAFETY: the caller's condition.
        unsafe { ptx::store_shared_wide(sums + 8 * warp, sum) };
    }
    thread::sync_threads();
    let (mut before, mut total) = (sum - value, 0);
    for other in 0..thread::block_dim_x() / 32 {
        // SAFETY: as above.
        let of_warp = unsafe { ptx::load_shared_wide(sums + 8 * other) };
        before += if other < warp { of_warp } else { 0 };
        total += of_warp;
    }
    (before, total)
}

/// The sum of the values of all threads.
///
/// # Safety
/// As [`sums_before`].
#[inline(always)]
pub unsafe fn sum(value: u64, sums: u32) -> u64 {
    // SAFETY: the caller's condition.
    unsafe { sums_before(value, sums).1 }
}
