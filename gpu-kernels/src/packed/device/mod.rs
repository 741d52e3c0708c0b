//! The kernels.

mod encoder;
mod exceptions;
mod form;
mod gather;
pub mod kernels;
mod multiply;
mod numbers;
mod pack;
mod ptx;
#[cfg(target_feature = "sm_90")]
mod ring;
mod rows;
mod scan;
#[cfg(not(target_feature = "sm_90"))]
mod steps;
mod sums;
mod survey;
mod unpack;
mod unroll;
