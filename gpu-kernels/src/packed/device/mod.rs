//! The kernels.

#[cfg(target_feature = "sm_90")]
mod cluster;
mod exceptions;
mod form;
mod gather;
pub mod kernels;
mod multiply;
mod pack;
mod ptx;
mod rows;
mod scan;
#[cfg(target_feature = "sm_90")]
mod stages;
mod steps;
mod sums;
mod survey;
mod unpack;
mod unroll;
