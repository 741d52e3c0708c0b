//! The choice among the CPU's warps, and calls of the chosen one.

use crate::encode::{TileSymbols, TileTable, encode_with};
#[cfg(target_arch = "aarch64")]
use crate::neon::Neon;
use crate::portable::PortableLanes;
use crate::{TileMemory, tile_warp};
#[cfg(target_arch = "x86_64")]
use crate::{avx2::Avx2, avx512::Avx512};
use wcodec_codec::decode::TileParams;
use wcodec_codec::encode::most_words;
use wcodec_codec::format::PlaneCodec;

/// A warp that this CPU can run. One with instructions that not every CPU has exists only where
/// they were detected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CpuBackend(Kind);

/// The warps, each with the proof that it can run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Portable,
    #[cfg(target_arch = "x86_64")]
    Avx512(Avx512),
    #[cfg(target_arch = "x86_64")]
    Avx2(Avx2),
    #[cfg(target_arch = "aarch64")]
    Neon(Neon),
}

impl CpuBackend {
    /// Thirty-two lanes in an array, on any CPU.
    pub const PORTABLE: Self = Self(Kind::Portable);

    /// The warps that this CPU can run, the fastest first and the portable one last.
    pub fn all() -> impl Iterator<Item = Self> {
        let kinds = [
            #[cfg(target_arch = "x86_64")]
            Avx512::detect().map(Kind::Avx512),
            #[cfg(target_arch = "x86_64")]
            Avx2::detect().map(Kind::Avx2),
            #[cfg(target_arch = "aarch64")]
            Neon::detect().map(Kind::Neon),
            Some(Kind::Portable),
        ];
        kinds.into_iter().flatten().map(Self)
    }

    /// The fastest warp that this CPU can run.
    pub fn best() -> Self {
        Self::all().next().unwrap_or(Self::PORTABLE)
    }

    /// The warp of this name, where there is one that this CPU can run.
    pub fn named(name: &str) -> Option<Self> {
        Self::all().find(|warp| warp.name() == name)
    }

    /// The warp's name.
    pub fn name(self) -> &'static str {
        match self.0 {
            Kind::Portable => "portable",
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512(_) => "avx512",
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2(_) => "avx2",
            #[cfg(target_arch = "aarch64")]
            Kind::Neon(_) => "neon",
        }
    }

    /// Decodes one tile of a blob with this codec. Returns whether it is intact; its rows are all
    /// stored either way.
    pub fn decode_tile(
        self,
        memory: TileMemory<'_, '_>,
        codec: PlaneCodec,
        params: &TileParams,
    ) -> bool {
        match self.0 {
            Kind::Portable => tile_warp::decode::<PortableLanes>(memory, codec, params),
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512(proof) => proof.decode_tile(memory, codec, params),
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2(proof) => proof.decode_tile(memory, codec, params),
            #[cfg(target_arch = "aarch64")]
            Kind::Neon(proof) => proof.decode_tile(memory, codec, params),
        }
    }

    /// Writes a tile's words to the end of `words`, the same ones on every warp, and returns their
    /// number.
    ///
    /// # Panics
    /// Where `words` is shorter than [`most_words`], or a row than its lanes' symbols.
    pub fn encode_tile(
        self,
        table: TileTable<'_>,
        tile: TileSymbols<'_>,
        words: &mut [u32],
    ) -> usize {
        let most = most_words(tile.rows.count(), tile.steps);
        assert!(words.len() >= most, "too little room");
        match self.0 {
            Kind::Portable => encode_with::<PortableLanes>(table, tile, words),
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512(proof) => proof.encode_tile(table, tile, words),
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2(proof) => proof.encode_tile(table, tile, words),
            #[cfg(target_arch = "aarch64")]
            Kind::Neon(proof) => proof.encode_tile(table, tile, words),
        }
    }
}
