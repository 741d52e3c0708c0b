//! The position of the calling thread in its block and grid, and barriers over the block.
//!
//! Indices and sizes are counts of threads or blocks, each in one of three dimensions.

use crate::gpu_only;
#[cfg(target_arch = "nvptx64")]
use core::arch::nvptx;

/// Functions that read one special register each.
macro_rules! registers {
    ($($name:ident, $intrinsic:ident, $text:literal;)*) => {$(
        #[doc = $text]
        #[gpu_only]
        #[inline(always)]
        pub fn $name() -> u32 {
            // SAFETY: it reads a register that every thread has.
            unsafe { nvptx::$intrinsic() as u32 }
        }
    )*};
}

registers! {
    thread_idx_x, _thread_idx_x, "The thread's index in its block, in x.";
    thread_idx_y, _thread_idx_y, "The thread's index in its block, in y.";
    thread_idx_z, _thread_idx_z, "The thread's index in its block, in z.";
    block_idx_x, _block_idx_x, "The block's index in the grid, in x.";
    block_idx_y, _block_idx_y, "The block's index in the grid, in y.";
    block_idx_z, _block_idx_z, "The block's index in the grid, in z.";
    block_dim_x, _block_dim_x, "How many threads a block has in x.";
    block_dim_y, _block_dim_y, "How many threads a block has in y.";
    block_dim_z, _block_dim_z, "How many threads a block has in z.";
    grid_dim_x, _grid_dim_x, "How many blocks the grid has in x.";
    grid_dim_y, _grid_dim_y, "How many blocks the grid has in y.";
    grid_dim_z, _grid_dim_z, "How many blocks the grid has in z.";
}

/// The thread's index in the whole grid, for a grid and blocks of one dimension.
///
/// It wraps where the grid has more than 2^32 threads.
#[inline(always)]
pub fn index_1d() -> u32 {
    thread_idx_x().wrapping_add(block_idx_x().wrapping_mul(block_dim_x()))
}

/// The number of threads of a warp: 32 on every GPU so far.
#[inline(always)]
pub fn warp_size() -> u32 {
    32
}

/// Waits until every thread of the block is here, and makes their writes to shared and global
/// memory before it visible to the block after it.
///
/// All threads of the block must reach it, or the block waits for ever.
#[gpu_only]
#[inline(always)]
pub fn sync_threads() {
    // SAFETY: a barrier accesses no memory; one that not all threads reach hangs, which is safe.
    unsafe { nvptx::_syncthreads() }
}

/// Orders the thread's memory accesses before it ahead of those after it, for every thread of
/// the device. It does not wait for other threads.
#[gpu_only]
#[inline(always)]
pub fn device_fence() {
    // SAFETY: a fence accesses no memory. Not `nomem`, so that the compiler keeps the order too.
    unsafe { core::arch::asm!("membar.gl;", options(nostack, preserves_flags)) }
}

/// [`device_fence`] for every thread of the device, the host and other devices.
#[gpu_only]
#[inline(always)]
pub fn system_fence() {
    // SAFETY: as in `device_fence`.
    unsafe { core::arch::asm!("membar.sys;", options(nostack, preserves_flags)) }
}

/// Lets the thread sleep for about `nanos` nanoseconds: between 0 and twice that time.
#[gpu_only]
#[inline(always)]
pub fn nanosleep(nanos: u32) {
    // SAFETY: it suspends the thread and accesses nothing.
    unsafe { core::arch::asm!("nanosleep.u32 {};", in(reg32) nanos, options(nomem, nostack)) }
}
