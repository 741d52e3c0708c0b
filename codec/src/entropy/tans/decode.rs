//! Decoding: a state a lane, and each lane's place in its bits (FORMAT.md section 6.2).

use super::LOWEST;
use crate::plane::SymbolSource;
use crate::warp::{LANE_WORDS, Lanes, Warp};

/// A tile's states, one a lane, and each lane's place in its bits.
pub struct TansDecoder<L> {
    /// The entry that was looked up last; the bits it asks for have not been read yet.
    entry: L,
    /// Each lane's next words: it reads from the first two; the third hides the latency of loading.
    words: [L; LANE_WORDS],
    /// Bits read, modulo 32 the place in the first word. Entries are added whole, so the bits from
    /// 7 on mean nothing.
    read: L,
    /// `read` when words were last moved.
    read_before: L,
}

impl<W: Warp> SymbolSource<W> for TansDecoder<W::Lanes> {
    /// Starts at the front of the tile's words. A lane's bits start after the highest set bit of
    /// its first word.
    #[cfg_attr(not(unoptimized), inline(always))]
    fn begin(warp: &mut W) -> Self {
        let words = warp.first_words();
        let read = words[0].leading_zeros().add(W::Lanes::splat(1));
        Self { entry: warp.first_entry(), words, read, read_before: W::Lanes::splat(0) }
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn decode_four(&mut self, warp: &mut W) -> W::Lanes {
        let [first, second] = self.decode_pair(warp);
        let [third, fourth] = self.decode_pair(warp);
        W::Lanes::pack_second_bytes([first, second, third, fourth])
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn decode_two(&mut self, warp: &mut W) -> W::Lanes {
        let [first, second] = self.decode_pair(warp);
        let none = W::Lanes::splat(0);
        W::Lanes::pack_second_bytes([first, second, none, none])
    }

    /// Returns whether every lane has read whole words and stands on the lowest state of its last
    /// symbol, where the encoder started, and the tile's words have all been taken.
    #[cfg_attr(not(unoptimized), inline(always))]
    fn is_intact(&self, warp: &W) -> bool {
        let read_whole_words = warp.all_lanes_are(self.read.and(W::Lanes::splat(31)), 0);
        let lowest = self.entry.and(W::Lanes::splat(LOWEST));
        warp.took_all_words() & read_whole_words & warp.all_lanes_are(lowest, LOWEST)
    }
}

impl<L: Lanes> TansDecoder<L> {
    /// Decodes two steps. They read at most 24 bits, which the first two words always hold.
    #[cfg_attr(not(unoptimized), inline(always))]
    fn decode_pair<W: Warp<Lanes = L>>(&mut self, warp: &mut W) -> [L; 2] {
        self.words = warp.shift_in(self.read_before, self.read, self.words);
        self.read_before = self.read;
        let bits = L::funnel_shl(self.words[0], self.words[1], self.read);
        let before = self.entry;
        let first = warp.look_up(before, bits);
        let bits = L::funnel_shl(bits, L::splat(0), before);
        let second = warp.look_up(first, bits);
        self.entry = second;
        self.read = self.read.add(before).add(first);
        [first, second]
    }
}
