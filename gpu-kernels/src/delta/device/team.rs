//! The threads that restore a segment together.

use crate::device::block;
use crate::device::ptx::shared_address;
use cuda_std::warp::{lane_id, warp_shuffle_idx, warp_shuffle_up};
use cuda_std::{shared, thread};

/// Threads that restore a segment together.
pub trait Team {
    /// The number of the calling one.
    fn thread() -> u32;

    /// How many there are.
    fn threads() -> u32;

    /// The sum of the values of all threads before the calling one, and that of all. A value is what
    /// four codes lead over: elements, and in the upper half changes.
    fn sums_before(value: u64) -> (u64, u64);
}

/// All threads of a block: they change what lies together in memory at the same time.
pub struct Block;

/// Those of a warp, which check a segment without waiting for others.
pub struct Warp;

impl Team for Block {
    #[inline(always)]
    fn thread() -> u32 {
        thread::thread_idx_x()
    }

    #[inline(always)]
    fn threads() -> u32 {
        thread::block_dim_x()
    }

    #[inline(always)]
    fn sums_before(value: u64) -> (u64, u64) {
        // SAFETY: all threads come here, and nothing else uses the memory.
        unsafe { block::sums_before(value, shared_address(shared::dynamic_shared_mem())) }
    }
}

impl Team for Warp {
    #[inline(always)]
    fn thread() -> u32 {
        lane_id()
    }

    #[inline(always)]
    fn threads() -> u32 {
        32
    }

    /// In one register: 128 codes lead over less than 2^16 elements.
    #[inline(always)]
    fn sums_before(value: u64) -> (u64, u64) {
        let own = value as u32 | ((value >> 32) as u32) << 16;
        let mut sum = own;
        for distance in [1, 2, 4, 8, 16] {
            // SAFETY: all lanes come here.
            let (below, is_inside) = unsafe { warp_shuffle_up(u32::MAX, sum, distance, 32) };
            sum += if is_inside { below } else { 0 };
        }
        // SAFETY: as above.
        let (all, _) = unsafe { warp_shuffle_idx(u32::MAX, sum, 31, 32) };
        let wide = |sum: u32| u64::from(sum & 0xFFFF) | u64::from(sum >> 16) << 32;
        (wide(sum - own), wide(all))
    }
}
