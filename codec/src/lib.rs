//! The .wcodec format and its decode program.
//!
//! The program is generic over a [`warp::Warp`] of 32 lanes: the vector registers of a CPU, or the 32 threads of a GPU's
//! warp. Both run the source in [`decode`].
#![no_std]
// Arrays of registers are indexed by constants once loops are unrolled; iterators over them end in local memory.
#![allow(clippy::needless_range_loop, clippy::manual_memcpy)]

pub mod decode;
pub mod format;
pub mod warp;
