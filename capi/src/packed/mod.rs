//! Packed matrices: BF16 weights that are multiplied as they lie.
//!
//! On a GPU addresses are the device's and work is started on the caller's stream; on the CPU, where
//! the GPU is NULL, addresses are the process's own, streams are ignored, and work is done when a
//! function returns.

mod experts;
mod matrix;
mod pack;
mod product;
mod rows;
mod saved;
mod unpack;
