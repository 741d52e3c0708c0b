//! Warps of instructions that not every CPU has: the features are listed once, for detection and
//! for the functions that rely on it.

/// Defines the proof that this CPU has some features, and with it decoding and encoding by lanes
/// that are made of them.
macro_rules! simd_warp {
    ($name:ident, $lanes:ty, $is_detected:ident, $($feature:tt)+) => {
        use crate::encode::{TileSymbols, TileTable, encode_with};
        use crate::{TileMemory, tile_warp};
        use wcodec_codec::decode::TileParams;
        use wcodec_codec::format::PlaneCodec;

        /// Proof that this CPU has the warp's instructions.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct $name(());

        impl $name {
            /// The proof; `None` where a feature is missing.
            pub fn detect() -> Option<Self> {
                // As the format, the warp is little-endian.
                let has_all = cfg!(target_endian = "little") $(&& $is_detected!($feature))+;
                has_all.then_some(Self(()))
            }

            /// As [`crate::CpuBackend::decode_tile`].
            pub fn decode_tile(
                self,
                memory: TileMemory<'_, '_>,
                codec: PlaneCodec,
                params: &TileParams,
            ) -> bool {
                // SAFETY: `self` proves that the CPU has the features.
                unsafe { decode_tile(memory, codec, params) }
            }

            /// As [`crate::CpuBackend::encode_tile`].
            pub fn encode_tile(
                self,
                table: TileTable<'_>,
                tile: TileSymbols<'_>,
                words: &mut [u32],
            ) -> usize {
                // SAFETY: `self` proves that the CPU has the features.
                unsafe { encode_tile(table, tile, words) }
            }
        }

        /// One of the two functions in which registers of this module exist: all that touches them
        /// is inlined there. (But for builds that do not optimise, see build.rs. Arguments of
        /// vectors go through memory in Rust's calls, so that functions without these features can
        /// be called as well.)
        $(#[target_feature(enable = $feature)])+
        fn decode_tile(
            memory: TileMemory<'_, '_>,
            codec: PlaneCodec,
            params: &TileParams,
        ) -> bool {
            tile_warp::decode::<$lanes>(memory, codec, params)
        }

        /// The other one.
        $(#[target_feature(enable = $feature)])+
        fn encode_tile(
            table: TileTable<'_>,
            tile: TileSymbols<'_>,
            words: &mut [u32],
        ) -> usize {
            encode_with::<$lanes>(table, tile, words)
        }
    };
}
pub(crate) use simd_warp;
