//! The .wcodec format and its decode program.
//!
//! An ordinary crate on the host, PTX on the device: both run the source in [`tile`], the one over a vector of 32 lanes,
//! the other over the 32 threads of a warp.
#![no_std]
// Arrays of registers are indexed by constants once loops are unrolled; iterators over them end in local memory.
#![allow(clippy::needless_range_loop, clippy::manual_memcpy)]
#![cfg_attr(target_arch = "nvptx64", feature(abi_ptx, asm_experimental_arch))]

pub mod format;

#[cfg(target_arch = "nvptx64")]
mod device;
pub mod dispatch;
mod exceptions;
#[cfg(target_arch = "nvptx64")]
pub mod kernels;
pub mod launch;
mod planes;
mod predictor;

pub mod residuals;
mod tans;
pub mod tile;
pub mod warp;
