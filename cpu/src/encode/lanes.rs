//! What encoding asks of lanes beyond what decoding does.

use super::table::Steps;
use crate::tile_warp::CpuLanes;
use wcodec_codec::format::LANES;

/// Lanes that encode. All arithmetic wraps.
pub trait EncodeLanes: CpuLanes + From<[u32; LANES]> + Into<[u32; LANES]> {
    /// The entries of the four symbols that each lane has in its bytes.
    #[inline(always)]
    fn look_up_steps(steps: &Steps, symbols: Self) -> [Self; 4] {
        let entry = |symbols| Self::gather(&steps.entries, symbols);
        [entry(symbols), entry(symbols.shr(8)), entry(symbols.shr(16)), entry(symbols.shr(24))]
    }
    /// Each lane shifted right by as many bits, below 32.
    fn shr_each(self, bits: Self) -> Self;
    /// Each lane of `low` shifted right by as many bits, below 32, the lowest of `high` moving in.
    fn funnel_shr(high: Self, low: Self, bits: Self) -> Self;
    /// In each lane that has counted more than 32 bits, below 2³¹: takes 32 off, and puts `word` before `filled[0]` and that
    /// before `filled[1]`. Gives the counts, the words, and the set of these lanes.
    fn fill(count: Self, word: Self, filled: [Self; 2]) -> (Self, [Self; 2], u32);
    /// Stores the words of these lanes in lane order, so that they end where `place` does; before them may be anything in
    /// `place` then. Gives how many they are.
    fn store_before(self, lanes: u32, place: &mut [u32; LANES]) -> usize;
}
