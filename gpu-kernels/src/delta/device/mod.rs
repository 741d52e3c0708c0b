//! The program of deltas on a GPU: a warp a segment to check it, a block to restore it.

mod check;
mod copy;
mod kernels;
mod restore;
mod segment;
mod team;
