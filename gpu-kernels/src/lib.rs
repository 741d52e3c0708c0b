//! The GPU kernels of wcodec: the decode program of [`wcodec_codec`], run by the 32 threads of a
//! GPU's warp.
//!
//! The kernels that encode, in [`encode`], and those of packed matrices, in [`packed`], stand
//! apart, each in a PTX of their own: the features say which are in it. Those that make tensors of
//! deltas, in [`delta`], are with those that decode. On the host this crate is [`launch`],
//! [`delta::launch`], [`encode::launch`] and [`packed::launch`], which both sides share.
#![no_std]
// Arrays of registers are indexed by constants once loops are unrolled; iterators over them end in
// local memory.
#![allow(clippy::needless_range_loop, clippy::manual_memcpy)]
#![cfg_attr(target_arch = "nvptx64", feature(abi_ptx, asm_experimental_arch))]

pub mod delta;
#[cfg(all(target_arch = "nvptx64", any(feature = "decode", feature = "encode")))]
mod device;
pub mod encode;
#[cfg(all(target_arch = "nvptx64", feature = "decode"))]
pub mod kernels;
pub mod launch;
pub mod packed;
