//! Between registers, word-major, and memory, where a lane's words lie together. All is little-endian, as the format is.
//!
//! The loads and stores of NEON transpose on the way, and begin at any byte.

use super::lanes::{NeonLanes, each};
use core::arch::aarch64::*;
use wcodec_kernels::warp::Lanes;

/// Stores 16 bytes a lane.
#[inline(always)]
pub fn store([a, b, c, d]: [NeonLanes; 4], out: &mut [u8; 512]) {
    for (r, out) in out.as_chunks_mut::<64>().0.iter_mut().enumerate() {
        let words = uint32x4x4_t(a.0[r], b.0[r], c.0[r], d.0[r]);
        // SAFETY: the invariant of `NeonLanes`; four registers are 64 bytes.
        unsafe { vst4q_u32(out.as_mut_ptr().cast(), words) }
    }
}

/// Loads 4 bytes a lane.
#[inline(always)]
pub fn load_1(bytes: &[u8; 128]) -> NeonLanes {
    let chunks = bytes.as_chunks::<16>().0;
    // SAFETY: a register is 16 bytes.
    each!(|r| vld1q_u32(chunks[r].as_ptr().cast()))
}

/// Loads 8 bytes a lane.
#[inline(always)]
pub fn load_2(bytes: &[u8; 256]) -> [NeonLanes; 2] {
    let mut words = [NeonLanes::splat(0); 2];
    for (r, bytes) in bytes.as_chunks::<32>().0.iter().enumerate() {
        // SAFETY: the invariant of `NeonLanes`; two registers are 32 bytes.
        let uint32x4x2_t(a, b) = unsafe { vld2q_u32(bytes.as_ptr().cast()) };
        (words[0].0[r], words[1].0[r]) = (a, b);
    }
    words
}

/// Loads 16 bytes a lane.
#[inline(always)]
pub fn load_4(bytes: &[u8; 512]) -> [NeonLanes; 4] {
    let mut words = [NeonLanes::splat(0); 4];
    for (r, bytes) in bytes.as_chunks::<64>().0.iter().enumerate() {
        // SAFETY: the invariant of `NeonLanes`; four registers are 64 bytes.
        let uint32x4x4_t(a, b, c, d) = unsafe { vld4q_u32(bytes.as_ptr().cast()) };
        (words[0].0[r], words[1].0[r], words[2].0[r], words[3].0[r]) = (a, b, c, d);
    }
    words
}

/// Loads 2 bytes a lane.
#[inline(always)]
pub fn load_half(bytes: &[u8; 64]) -> NeonLanes {
    let chunks = bytes.as_chunks::<8>().0;
    // SAFETY: half a register is 8 bytes.
    each!(|r| vmovl_u16(vld1_u16(chunks[r].as_ptr().cast())))
}
