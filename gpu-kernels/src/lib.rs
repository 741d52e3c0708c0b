//! The GPU kernels of wcodec: the decode program of [`wcodec_codec`], run by the 32 threads of a GPU's warp.
//!
//! On the device this crate is PTX. On the host it is [`launch`], which both sides share.
#![no_std]
// Arrays of registers are indexed by constants once loops are unrolled; iterators over them end in local memory.
#![allow(clippy::needless_range_loop, clippy::manual_memcpy)]
#![cfg_attr(target_arch = "nvptx64", feature(abi_ptx, asm_experimental_arch))]

#[cfg(target_arch = "nvptx64")]
mod device;
#[cfg(target_arch = "nvptx64")]
pub mod kernels;
pub mod launch;
