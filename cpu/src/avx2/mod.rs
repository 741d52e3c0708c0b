//! Thirty-two lanes in four registers of AVX2.

mod encode;
mod lanes;
mod memory;
mod sets;

use crate::simd::simd_warp;
use lanes::Avx2Lanes;

simd_warp!(Avx2, Avx2Lanes, is_x86_feature_detected, "avx2" "popcnt");
