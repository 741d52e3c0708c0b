//! Thirty-two lanes in eight registers of NEON, which every aarch64 has.

mod encode;
mod lanes;
mod memory;
mod sets;

use crate::simd::simd_warp;
use lanes::NeonLanes;
use std::arch::is_aarch64_feature_detected;

simd_warp!(Neon, NeonLanes, is_aarch64_feature_detected, "neon");
