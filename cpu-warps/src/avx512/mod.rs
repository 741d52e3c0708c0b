//! Thirty-two lanes in two registers of AVX-512.

mod encode;
mod lanes;
mod memory;

use crate::encode::{EncodingTable, TileSymbols, encode_any_tile};
use crate::{TileMemory, tile_warp};
use lanes::Avx512Lanes;
use wcodec_kernels::format::PlaneCodec;
use wcodec_kernels::tile::TileJob;

/// Proof that this CPU has what the warp is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Avx512(());

impl Avx512 {
    /// The proof, where it can be had.
    pub fn detect() -> Option<Self> {
        let has_all = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512cd")
            && is_x86_feature_detected!("avx512vbmi")
            && is_x86_feature_detected!("avx512vbmi2")
            && is_x86_feature_detected!("popcnt");
        has_all.then_some(Self(()))
    }

    /// As [`crate::CpuWarp::decode_tile`].
    pub fn decode_tile(
        self,
        memory: TileMemory<'_, '_>,
        codec: PlaneCodec,
        states: u8,
        job: &TileJob,
    ) -> bool {
        // SAFETY: `self` proves that the CPU has the features.
        unsafe { decode_tile(memory, codec, states, job) }
    }

    /// As [`crate::CpuWarp::encode_tile`].
    pub fn encode_tile(
        self,
        table: &EncodingTable,
        tile: TileSymbols<'_>,
        words: &mut [u32],
    ) -> usize {
        // SAFETY: `self` proves that the CPU has the features.
        unsafe { encode_tile(table, tile, words) }
    }
}

/// One of the two functions in which registers of this module exist: all that touches them is inlined there.
#[target_feature(enable = "avx512f,avx512bw,avx512cd,avx512vbmi,avx512vbmi2,popcnt")]
fn decode_tile(memory: TileMemory<'_, '_>, codec: PlaneCodec, states: u8, job: &TileJob) -> bool {
    tile_warp::decode::<Avx512Lanes>(memory, codec, states, job)
}

/// The other one.
#[target_feature(enable = "avx512f,avx512bw,avx512cd,avx512vbmi,avx512vbmi2,popcnt")]
fn encode_tile(table: &EncodingTable, tile: TileSymbols<'_>, words: &mut [u32]) -> usize {
    encode_any_tile::<Avx512Lanes>(table, tile, words)
}
