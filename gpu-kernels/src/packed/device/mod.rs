//! The kernels.

mod exceptions;
mod form;
mod gather;
pub mod kernels;
mod multiply;
mod pack;
mod ptx;
mod rows;
mod scan;
mod steps;
mod sums;
mod survey;
mod unpack;
mod unroll;
