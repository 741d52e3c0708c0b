//! tANS decoding (FORMAT.md section 6; J. Duda, "Asymmetric numeral systems", arXiv:1311.2540, section 4).

use crate::format::{LANE_WORDS, Table};
use crate::warp::{Lanes, Warp};

/// A tile's states, `S` a lane, and each lane's place in its bits.
pub struct TansDecoder<L, const S: usize> {
    /// For each state the entry that was looked up last; the bits it asks for have not been read yet.
    entries: [L; S],
    /// The lane's words: it reads from the first two, and the third hides the time that the next takes to arrive.
    words: [L; LANE_WORDS],
    /// Bits read, modulo 32 the place in the first word. Entries are added whole, so the bits from 7 on mean nothing.
    read: L,
    /// What `read` was when words were last moved.
    read_before: L,
}

impl<L: Lanes, const S: usize> TansDecoder<L, S> {
    /// Begins at the front of the tile's words. A lane's bits begin behind the highest one of its first word.
    #[inline(always)]
    pub fn begin<W: Warp<Lanes = L>>(warp: &mut W) -> Self {
        let words = warp.first_words();
        let read = words[0].leading_zeros().add(L::splat(1));
        let entries = [warp.first_entry(); S];
        Self { entries, words, read, read_before: L::splat(0) }
    }

    /// Decodes four steps; their symbols are the four bytes of a lane's word, the first lowest.
    #[inline(always)]
    pub fn decode_four<W: Warp<Lanes = L>>(&mut self, warp: &mut W) -> L {
        let [first, second] = self.decode_pair(warp);
        let [third, fourth] = self.decode_pair(warp);
        L::pack_second_bytes([first, second, third, fourth])
    }

    /// Decodes two steps, into the lower two bytes.
    #[inline(always)]
    pub fn decode_two<W: Warp<Lanes = L>>(&mut self, warp: &mut W) -> L {
        let [first, second] = self.decode_pair(warp);
        let none = L::splat(0);
        L::pack_second_bytes([first, second, none, none])
    }

    /// Two steps, which read at most 24 bits: what the first two words have whatever was read before.
    #[inline(always)]
    fn decode_pair<W: Warp<Lanes = L>>(&mut self, warp: &mut W) -> [L; 2] {
        self.words = warp.shift_in(self.read_before, self.read, self.words);
        self.read_before = self.read;
        let bits = L::funnel_shl(self.words[0], self.words[1], self.read);
        let before = self.entries[0];
        let first = warp.look_up(before, bits);
        self.entries[0] = first;
        let bits = L::funnel_shl(bits, L::splat(0), before);
        // With one state this is the entry just looked up, otherwise that of the other state.
        let before_second = self.entries[S - 1];
        let second = warp.look_up(before_second, bits);
        self.entries[S - 1] = second;
        self.read = self.read.add(before).add(before_second);
        [first, second]
    }

    /// Whether every lane has read whole words and stands on the lowest state of its last symbol, where the encoder
    /// started, and the tile's words have all been taken.
    #[inline(always)]
    pub fn is_sound<W: Warp<Lanes = L>>(&self, warp: &W) -> bool {
        let mut sound = warp.took_all_words() & warp.all_lanes_are(self.read.and(L::splat(31)), 0);
        for state in 0..S {
            let lowest = self.entries[state].and(L::splat(Table::LOWEST));
            sound &= warp.all_lanes_are(lowest, Table::LOWEST);
        }
        sound
    }
}
