//! Decoding: a state a lane, and each lane's place in its bits (FORMAT.md section 6.4).

use super::entry::{FREQUENCY_SHIFT, WITHIN_MASK, WITHIN_SHIFT};
use crate::plane::SymbolSource;
use crate::warp::{LANE_WORDS, Lanes, Warp};

/// A tile's states, one a lane, and each lane's place in its bits.
///
/// A state is never below 2^16 between two steps, whatever the words are. A step makes it shorter by
/// `P` bits at most, and reads where it has become shorter than 17: so the rows of a tile never read
/// more than those of tANS can, and the same look-ahead serves.
pub struct RansDecoder<L> {
    state: L,
    /// The entry that was looked up last.
    entry: L,
    /// Each lane's next words: it reads from the first two; the third hides the latency of loading.
    words: [L; LANE_WORDS],
    /// Bits read, modulo 32 the place in the first word.
    read: L,
    /// `read` when words were last moved.
    read_before: L,
}

impl<W: Warp> SymbolSource<W> for RansDecoder<W::Lanes> {
    /// Starts at the front of the tile's words. A lane's first word is its state, or the upper half
    /// of that. Words are moved before the first row, which can then take as many as any other.
    #[cfg_attr(not(unoptimized), inline(always))]
    fn begin(warp: &mut W) -> Self {
        let words = warp.first_words();
        // Zero counts as one.
        let first = words[0].add(words[0].leading_zeros().shr(5));
        let taken = first.wanted_bits();
        let state = W::Lanes::funnel_shl(first, words[1], taken);
        let read = taken.add(W::Lanes::splat(32));
        let words = warp.shift_in(W::Lanes::splat(0), read, words);
        Self { state, entry: state, words, read, read_before: read }
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn decode_four(&mut self, warp: &mut W) -> W::Lanes {
        let first = self.decode_two(warp);
        W::Lanes::low_halves(first, self.decode_two(warp))
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn decode_two(&mut self, warp: &mut W) -> W::Lanes {
        self.words = warp.shift_in(self.read_before, self.read, self.words);
        self.read_before = self.read;
        // Two steps read at most 32 bits, which the first two words always hold.
        let bits = W::Lanes::funnel_shl(self.words[0], self.words[1], self.read);
        let (first, taken) = self.decode(warp, bits);
        let bits = W::Lanes::funnel_shl(bits, W::Lanes::splat(0), taken);
        let (second, also_taken) = self.decode(warp, bits);
        self.read = self.read.add(taken).add(also_taken);
        W::Lanes::interleave_low_bytes(first, second)
    }

    /// Returns whether every lane had read whole words when it stood on the lowest state of its last
    /// symbol, where the encoder started, and the tile's words have all been taken.
    ///
    /// From the lowest state, `2^16` and the symbol's first slot, a step that none needs has led to
    /// the frequency times `2^(16 − P)`, as no other state of the symbol does, and has read the next
    /// half of a word below that.
    #[cfg_attr(not(unoptimized), inline(always))]
    fn is_intact(&self, warp: &W) -> bool {
        let read_whole_words = warp.all_lanes_are(self.read.and(W::Lanes::splat(31)), 16);
        let expected = self.entry.shr(FREQUENCY_SHIFT).shl(16 - warp.prob_bits());
        let lowest = warp.all_lanes_are(self.state.shr(16).xor(expected), 0);
        warp.took_all_words() & read_whole_words & lowest
    }
}

impl<L: Lanes> RansDecoder<L> {
    /// Decodes a step, whose symbol is the lowest byte of what it returns; `bits` are the next ones
    /// of the lane, of which it takes none or sixteen.
    #[cfg_attr(not(unoptimized), inline(always))]
    fn decode<W: Warp<Lanes = L>>(&mut self, warp: &W, bits: L) -> (L, L) {
        let entry = warp.look_up_slot(self.state);
        self.entry = entry;
        let within = entry.shr(WITHIN_SHIFT).and(L::splat(WITHIN_MASK));
        let whole = self.state.shr(warp.prob_bits());
        let state = whole.mul_add(entry.shr(FREQUENCY_SHIFT), within);
        let taken = state.wanted_bits();
        self.state = L::funnel_shl(state, bits, taken);
        (entry, taken)
    }
}
