//! One kernel for each part of `cuda_std`, to see what instructions they become.
#![no_std]
#![cfg_attr(target_arch = "nvptx64", feature(abi_ptx, asm_experimental_arch))]

use cuda_std::prelude::*;
use cuda_std::{gpu_only, shared, shared_array, warp};

const LENGTH: usize = 256;
const WARP: u32 = u32::MAX;

/// Reverses each block's part of `data`, by way of shared memory of a fixed size.
#[kernel]
pub unsafe fn reverse(data: *mut u32) {
    let block = shared_array![u32; LENGTH];
    let thread = thread::thread_idx_x() as usize;
    let place = unsafe { data.add(thread::index_1d() as usize) };
    unsafe { block.add(thread).write(place.read()) };
    thread::sync_threads();
    unsafe { place.write(block.add(LENGTH - 1 - thread).read()) };
}

/// Two arrays in one kernel are two arrays.
#[kernel]
pub unsafe fn two_arrays(data: *mut u64) {
    let (first, second) = (shared_array![u64; 4], shared_array![[u8; 3]; 5]);
    unsafe {
        first.write(data.read());
        second.write([1, 2, 3]);
        thread::sync_threads();
        data.write(first.read() + u64::from(second.read()[0]));
    }
}

/// Votes.
#[kernel]
pub unsafe fn votes(data: *mut u32) {
    let value = unsafe { data.read() };
    let all = unsafe { warp::warp_vote_all(WARP, value > 1) };
    let any = unsafe { warp::warp_vote_any(WARP, value > 2) };
    let ballot = unsafe { warp::warp_vote_ballot(WARP, value > 3) };
    unsafe { warp::sync_warp(WARP) };
    unsafe { data.add(warp::lane_id() as usize).write(ballot + u32::from(all) + u32::from(any)) };
}

/// Shuffles, of 32 and of 64 bits.
#[kernel]
pub unsafe fn shuffles(data: *mut u32) {
    let value = unsafe { data.read() };
    let (up, inside) = unsafe { warp::warp_shuffle_up(WARP, value, 1, 32) };
    let (down, _) = unsafe { warp::warp_shuffle_down(WARP, f32::from_bits(up), 2, 16) };
    let (index, _) = unsafe { warp::warp_shuffle_idx(WARP, down.to_bits() as i32, 3, 32) };
    let (xor, _) = unsafe { warp::warp_shuffle_xor(WARP, u64::from(index as u32) << 7, 4, 8) };
    unsafe { data.write((xor >> 9) as u32 + u32::from(inside)) };
}

/// Copies 16 bytes to dynamic shared memory, without waiting where the GPU can do that.
#[kernel]
pub unsafe fn staged(from: *const u128, to: *mut u128) {
    let stage = shared::dynamic_shared_mem::<u128>();
    let thread = thread::thread_idx_x() as usize;
    unsafe { copy(stage.add(thread), from.add(thread)) };
    thread::sync_threads();
    unsafe { to.add(thread).write(stage.add(thread ^ 1).read()) };
}

#[cfg(target_feature = "sm_80")]
#[gpu_only]
unsafe fn copy(to: *mut u128, from: *const u128) {
    unsafe {
        core::arch::asm!(
            "{{",
            ".reg .u64 address;",
            "cvta.to.shared.u64 address, {to};",
            "cp.async.cg.shared.global [address], [{from}], 16;",
            "cp.async.wait_all;",
            "}}",
            to = in(reg64) to,
            from = in(reg64) from,
            options(nostack)
        );
    }
}

#[cfg(not(target_feature = "sm_80"))]
#[gpu_only]
unsafe fn copy(to: *mut u128, from: *const u128) {
    unsafe { to.write(from.read()) };
}
