//! Operations over the 32 threads of a warp.
//!
//! `mask` names the lanes that take part, lane `i` by bit `i`; `u32::MAX` is the whole warp.
//! They wait for one another. All of the unsafe functions here share one condition: every
//! lane in `mask` that has not exited executes the same call with the same `mask`, and the
//! calling lane is in it. Anything else is undefined.
//!
//! They are LLVM intrinsics and not `asm!`, because the compiler knows of those that they may
//! not be moved into a branch, and passes predicates as predicates.

mod shuffle;

pub use shuffle::{
    WarpShuffleMode, WarpShuffleValue, warp_shuffle_down, warp_shuffle_idx, warp_shuffle_up,
    warp_shuffle_xor,
};

use crate::gpu_only;

#[cfg(target_arch = "nvptx64")]
unsafe extern "C" {
    #[link_name = "llvm.nvvm.read.ptx.sreg.laneid"]
    fn read_lane_id() -> u32;
    #[link_name = "llvm.nvvm.activemask"]
    fn read_active_mask() -> u32;
    #[link_name = "llvm.nvvm.bar.warp.sync"]
    fn bar_warp_sync(mask: u32);
    #[link_name = "llvm.nvvm.vote.all.sync"]
    fn vote_all_sync(mask: u32, predicate: bool) -> bool;
    #[link_name = "llvm.nvvm.vote.any.sync"]
    fn vote_any_sync(mask: u32, predicate: bool) -> bool;
    #[link_name = "llvm.nvvm.vote.ballot.sync"]
    fn vote_ballot_sync(mask: u32, predicate: bool) -> u32;
}

/// The thread's lane within its warp, 0 to 31.
#[gpu_only]
#[inline(always)]
pub fn lane_id() -> u32 {
    // SAFETY: it reads a register that every thread has.
    unsafe { read_lane_id() }
}

/// The lanes that execute this call together at this moment, which is not a promise about the
/// next instruction: do not use it as the mask of a later operation.
#[gpu_only]
#[inline(always)]
pub fn activemask() -> u32 {
    // SAFETY: it reads the state of the warp and changes nothing.
    unsafe { read_active_mask() }
}

/// Waits for the lanes in `mask`, and makes their writes to memory before it visible to them
/// after it.
///
/// # Safety
///
/// The [module's condition](self).
#[gpu_only]
#[inline(always)]
pub unsafe fn sync_warp(mask: u32) {
    // SAFETY: the caller keeps the module's condition.
    unsafe { bar_warp_sync(mask) }
}

/// Returns whether `predicate` is true in every lane of `mask`.
///
/// # Safety
///
/// The [module's condition](self).
#[gpu_only]
#[inline(always)]
pub unsafe fn warp_vote_all(mask: u32, predicate: bool) -> bool {
    // SAFETY: the caller keeps the module's condition.
    unsafe { vote_all_sync(mask, predicate) }
}

/// Returns whether `predicate` is true in any lane of `mask`.
///
/// # Safety
///
/// The [module's condition](self).
#[gpu_only]
#[inline(always)]
pub unsafe fn warp_vote_any(mask: u32, predicate: bool) -> bool {
    // SAFETY: the caller keeps the module's condition.
    unsafe { vote_any_sync(mask, predicate) }
}

/// The lanes of `mask` in which `predicate` is true, lane `i` as bit `i`.
///
/// # Safety
///
/// The [module's condition](self).
#[gpu_only]
#[inline(always)]
pub unsafe fn warp_vote_ballot(mask: u32, predicate: bool) -> u32 {
    // SAFETY: the caller keeps the module's condition.
    unsafe { vote_ballot_sync(mask, predicate) }
}
