//! The lane operations that encoding on a CPU needs beyond those of decoding.

use crate::tile_warp::CpuLanes;
use wcodec_codec::encode::EncodeLanes;
use wcodec_codec::entropy::tans::Steps;
use wcodec_codec::format::LANES;

/// Lanes that encode, and their ways to and from memory.
pub trait CpuEncodeLanes: EncodeLanes + CpuLanes + From<[u32; LANES]> + Into<[u32; LANES]> {
    /// The steps of the four symbols that each lane has in its bytes.
    #[cfg_attr(not(unoptimized), inline(always))]
    fn look_up_steps(steps: &Steps, symbols: Self) -> [Self; 4] {
        [
            Self::gather(&steps.entries, symbols),
            Self::gather(&steps.entries, symbols.shr(8)),
            Self::gather(&steps.entries, symbols.shr(16)),
            Self::gather(&steps.entries, symbols.shr(24)),
        ]
    }

    /// Stores the words of these lanes in lane order, so that they end where `place` does, and
    /// returns their number. The rest of `place` is overwritten with unspecified words.
    fn store_before(self, lanes: u32, place: &mut [u32; LANES]) -> usize;
}
