//! The machine that the encode program runs on.

use crate::warp::Lanes;

/// The operations on lanes that encoding needs beyond [`Lanes`]: shifts by a count for each lane,
/// and filling words. All arithmetic wraps.
pub trait EncodeLanes: Lanes {
    /// Each lane shifted right by its lane of `bits`, below 32.
    fn shr_each(self, bits: Self) -> Self;
    /// Each lane of `low` shifted right by its lane of `bits`, below 32, the lowest bits of `high`
    /// moving in.
    fn funnel_shr(high: Self, low: Self, bits: Self) -> Self;
    /// The first word of the highest `count` bits of two words, `high` before `low`, where `count`
    /// exceeds 32 (and is below 64).
    #[cfg_attr(not(unoptimized), inline(always))]
    fn full_word(high: Self, low: Self, count: Self) -> Self {
        Self::funnel_shr(high, low, Self::splat(0).sub(count).and(Self::splat(31)))
    }

    /// In each lane whose `count` exceeds 32 (and is below 2³¹): subtracts 32, and moves `word` to
    /// `filled[0]` and `filled[0]` to `filled[1]`. Returns the counts, the words, and the set of
    /// these lanes.
    fn fill(count: Self, word: Self, filled: [Self; 2]) -> (Self, [Self; 2], u32);
}

/// A warp that has been pointed at one tile to encode: its symbols and where its words go. How it
/// codes a symbol, [`TansEncodeWarp`] or [`RansEncodeWarp`] says.
pub trait EncodeWarp {
    /// The warp's registers.
    type Lanes: EncodeLanes;

    /// The `K` symbols of each lane in row `row`: `N` words of four, or half a word where `K` is 2.
    /// Rows are asked for once each, from the last to the first.
    fn load_symbols<const K: usize, const N: usize>(
        &mut self,
        row: u32,
        is_last: bool,
    ) -> [Self::Lanes; N];

    /// Stores the words of these lanes, in lane order, before all words that were stored earlier.
    fn store_before(&mut self, words: Self::Lanes, lanes: u32);

    /// Returns whether no word has been stored.
    fn is_empty(&self) -> bool;
}

/// A warp with a table for tANS.
pub trait TansEncodeWarp: EncodeWarp {
    /// The probability bits of the table.
    fn prob_bits(&self) -> u32;

    /// The table's steps ([`crate::entropy::tans::Steps`]) for the four symbols that each lane has
    /// in its bytes.
    fn look_up_steps(&self, symbols: Self::Lanes) -> [Self::Lanes; 4];

    /// The states in these places of the table's list of states; only the lowest 12 bits of a place
    /// count.
    fn look_up_states(&self, places: Self::Lanes) -> Self::Lanes;

    /// The lowest state of the symbol in each lane's lowest byte.
    fn lowest_states(&self, symbols: Self::Lanes) -> Self::Lanes;
}

/// A warp with a table for rANS.
pub trait RansEncodeWarp: EncodeWarp {
    /// The bits that each lane's state sheds before the symbol in its lowest byte, and the state
    /// before it ([`crate::entropy::rans::RansSteps::encode`]).
    fn step_back(&self, states: Self::Lanes, symbols: Self::Lanes) -> (Self::Lanes, Self::Lanes);

    /// The lowest state of the symbol in each lane's lowest byte.
    fn lowest_states(&self, symbols: Self::Lanes) -> Self::Lanes;
}
