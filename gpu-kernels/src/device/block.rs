//! Sums over the threads of a block.
//!
//! Callers make the values by arithmetic, not by branches. The compiler, which does not know that
//! all threads meet in these functions, goes two ways from a branch to the next one on the same
//! condition, through whatever is in between; and the threads of a warp then wait for each other in
//! different places, for ever.

use super::ptx;
use cuda_std::thread;
use cuda_std::warp::{lane_id, warp_shuffle_idx, warp_shuffle_up};

/// The sum of the values of all threads before the calling one, and the sum of all.
///
/// # Safety
/// All threads of the block call it, whole warps, with 8 bytes of shared memory for each warp at
/// `sums`, of which nothing else is made use of meanwhile.
#[inline(always)]
pub unsafe fn sums_before(value: u64, sums: u32) -> (u64, u64) {
    let sum = sum_up(value);
    let warp = thread::thread_idx_x() / 32;
    // What was there before has been read by all.
    thread::sync_threads();
    if lane_id() == 31 {
        // SAFETY: the caller's condition.
        unsafe { ptx::store_shared_wide(sums + 8 * warp, sum) };
    }
    thread::sync_threads();
    let warps = thread::block_dim_x() / 32;
    let read = if lane_id() < warps { lane_id() } else { 0 };
    // SAFETY: as above.
    let mut of_warps = unsafe { ptx::load_shared_wide(sums + 8 * read) };
    of_warps *= u64::from(lane_id() < warps);
    let own = of_warps;
    of_warps = sum_up(of_warps);
    // SAFETY: all lanes come here.
    unsafe {
        let (of_warps_before, _) = warp_shuffle_idx(u32::MAX, of_warps - own, warp, 32);
        let (total, _) = warp_shuffle_idx(u32::MAX, of_warps, 31, 32);
        (sum - value + of_warps_before, total)
    }
}

/// The sum of the values of the lanes up to the calling one.
///
/// All lanes of the warp call it.
#[inline(always)]
fn sum_up(value: u64) -> u64 {
    let mut sum = value;
    for distance in [1, 2, 4, 8, 16] {
        // SAFETY: all lanes come here.
        let (below, is_inside) = unsafe { warp_shuffle_up(u32::MAX, sum, distance, 32) };
        sum += if is_inside { below } else { 0 };
    }
    sum
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
