//! The .wcodec format, its decode program and its encode program.
//!
//! Both programs are generic over a warp of 32 lanes ([`warp::Warp`], [`encode::EncodeWarp`]): the
//! vector registers of a CPU, or the 32 threads of a GPU's warp.
//!
//! Each module uses only those before it: [`warp`], the machine; [`plane`], the plane codecs;
//! [`mod@format`], the layout of a blob; [`entropy`], the coding of symbols; [`decode`] and
//! [`encode`], the programs. Beside them stand [`delta`], the program that adds what differs to a
//! reference, and [`packed`], the layout of matrices that are multiplied.
#![no_std]
// Arrays of registers are indexed by constants once loops are unrolled; iterators over them end in
// local memory.
#![allow(clippy::needless_range_loop, clippy::manual_memcpy)]

pub mod decode;
pub mod delta;
pub mod encode;
pub mod entropy;
pub mod format;
pub mod packed;
pub mod plane;
pub mod warp;
