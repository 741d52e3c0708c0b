//! The program of deltas on a GPU: a block of threads a segment.

mod check;
mod copy;
mod kernels;
mod restore;
mod segment;
