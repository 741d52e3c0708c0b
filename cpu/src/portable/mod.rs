//! The warp that runs anywhere: 32 lanes in an array, left to the compiler to vectorise.

mod encode;
mod lanes;
mod memory;

pub use lanes::PortableLanes;
