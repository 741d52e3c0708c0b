//! Thirty-two lanes in two registers of AVX-512.

mod encode;
mod lanes;
mod memory;

use crate::simd::simd_warp;
use lanes::Avx512Lanes;

simd_warp!(
    Avx512,
    Avx512Lanes,
    is_x86_feature_detected,
    "avx512f" "avx512bw" "avx512cd" "avx512vbmi" "avx512vbmi2" "popcnt"
);
