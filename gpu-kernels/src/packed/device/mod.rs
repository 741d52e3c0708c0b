//! The kernels.

mod encoder;
mod exceptions;
mod form;
mod gather;
pub mod kernels;
mod long_rows;
mod multiply;
mod numbers;
mod pack;
mod part;
mod ptx;
#[cfg(target_feature = "sm_90")]
mod ring;
mod row_exceptions;
mod rows;
mod scan;
#[cfg(not(target_feature = "sm_90"))]
mod steps;
mod sums;
mod survey;
mod unpack;
mod unroll;
