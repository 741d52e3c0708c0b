//! The program for tANS: one warp, one tile.

use super::stream::{Backwards, put};
use super::warp::{EncodeLanes, EncodeWarp, TansEncodeWarp};
use crate::entropy::tans::{BELOW_COUNT, PLACE_BITS};
use crate::format::{LANES, MAX_PROB_BITS};
use crate::warp::Lanes;

/// The most words of a lane beyond those that its symbols fill: part of one, three words that the
/// decoder takes first, two zeros that stand in for words it does not need; and one more, which a
/// warp may overwrite but never keeps.
pub const MOST_LANE_WORDS_BEYOND: usize = 7;

/// The most words of a tile of `rows` rows of `steps` symbols a lane, plus [`LANES`] words of room.
pub const fn most_words(rows: usize, steps: usize) -> usize {
    // At most 12 bits a step.
    ((rows * steps * MAX_PROB_BITS as usize).div_ceil(32) + MOST_LANE_WORDS_BEYOND) * LANES
}

/// Encodes the tile that `warp` is pointed at with tANS: `rows` rows of `steps` symbols a lane.
#[cfg_attr(not(unoptimized), inline(always))]
pub fn encode_tile<W: TansEncodeWarp>(warp: &mut W, rows: usize, steps: usize) {
    match steps {
        2 => encode_rows::<W, 2, 1>(warp, rows),
        4 => encode_rows::<W, 4, 1>(warp, rows),
        8 => encode_rows::<W, 8, 2>(warp, rows),
        _ => encode_rows::<W, 16, 4>(warp, rows),
    }
}

/// Encodes rows of `K` symbols a lane, which are `N` words of four, or half a word.
#[cfg_attr(not(unoptimized), inline(always))]
fn encode_rows<W: TansEncodeWarp, const K: usize, const N: usize>(warp: &mut W, rows: usize) {
    // A tile has 256 rows at most.
    let Some(mut row) = (rows as u32).checked_sub(1) else {
        return;
    };
    // The last symbol needs no bits: the decoder does not go on from its state.
    let mut words = warp.load_symbols::<K, N>(row, true);
    let state = warp.lowest_states(words[N - 1].shr(8 * ((K as u32 - 1) % 4)));
    let mut encoding = Encoding::new(state);
    encoding.encode_row::<W, K, N, false>(warp, words, K - 1);
    while row > 0 && !encoding.stream.needs_all() {
        row -= 1;
        words = warp.load_symbols::<K, N>(row, false);
        encoding.encode_row::<W, K, N, false>(warp, words, K);
    }
    while row > 0 {
        row -= 1;
        words = warp.load_symbols::<K, N>(row, false);
        encoding.encode_row::<W, K, N, true>(warp, words, K);
    }
    encoding.finish(warp);
}

/// The state of all lanes while they encode from the last symbol to the first. A lane's bits grow
/// at their front.
pub(super) struct Encoding<L> {
    pub(super) state: L,
    /// The bits of the unfinished word: the highest `count` bits of these two words, `high` before
    /// `low`.
    pub(super) high: L,
    low: L,
    /// The number of those bits; at most 32 between two pairs of steps.
    pub(super) count: L,
    /// The two words filled last; the later one in the stream comes last.
    filled: [L; 2],
    stream: Backwards,
}

impl<L: EncodeLanes> Encoding<L> {
    /// Starts one word past the lane's last. Trailing symbols may need no bits, and the decoder
    /// still shifts words for them.
    #[cfg_attr(not(unoptimized), inline(always))]
    pub(super) fn new(state: L) -> Self {
        let (none, count) = (L::splat(0), L::splat(32));
        Self { state, high: none, low: none, count, filled: [none; 2], stream: Backwards::new() }
    }

    /// Encodes the first `steps` symbols of a row, the last of them first; where `ALL`, of a stream
    /// that needs all words.
    ///
    /// Reading `r` of a decoder takes the bits of step `r − 1`, reading 0 the initial state. It
    /// moves words before every second reading, so words are filled after every second step.
    #[cfg_attr(not(unoptimized), inline(always))]
    fn encode_row<W: TansEncodeWarp<Lanes = L>, const K: usize, const N: usize, const ALL: bool>(
        &mut self,
        warp: &mut W,
        words: [L; N],
        steps: usize,
    ) {
        // Not a loop: one this large is unrolled too late for the array to become registers.
        if N > 2 {
            self.encode_word::<W, K, ALL>(warp, words[3], 12, steps);
            self.encode_word::<W, K, ALL>(warp, words[2], 8, steps);
        }
        if N > 1 {
            self.encode_word::<W, K, ALL>(warp, words[1], 4, steps);
        }
        self.encode_word::<W, K, ALL>(warp, words[0], 0, steps);
    }

    /// Encodes the symbols of a word, of which the first is that of step `first` in its row.
    #[cfg_attr(not(unoptimized), inline(always))]
    fn encode_word<W: TansEncodeWarp<Lanes = L>, const K: usize, const ALL: bool>(
        &mut self,
        warp: &mut W,
        symbols: L,
        first: usize,
        steps: usize,
    ) {
        let [a, b, c, d] = warp.look_up_steps(symbols);
        // Not a loop, as above.
        self.encode_step::<W, K, ALL>(warp, d, first + 3, steps);
        self.encode_step::<W, K, ALL>(warp, c, first + 2, steps);
        self.encode_step::<W, K, ALL>(warp, b, first + 1, steps);
        self.encode_step::<W, K, ALL>(warp, a, first, steps);
    }

    /// Encodes the symbol of a step of the row, if it is among those that are to be.
    #[cfg_attr(not(unoptimized), inline(always))]
    fn encode_step<W: TansEncodeWarp<Lanes = L>, const K: usize, const ALL: bool>(
        &mut self,
        warp: &mut W,
        entry: L,
        step: usize,
        steps: usize,
    ) {
        if step < K && step < steps {
            self.encode(warp, entry);
            if step % 2 == 1 {
                self.fill::<W, ALL>(warp);
            }
        }
    }

    /// Encodes one symbol into the state and prepends the bits the state sheds.
    #[cfg_attr(not(unoptimized), inline(always))]
    fn encode<W: TansEncodeWarp<Lanes = L>>(&mut self, warp: &W, step: L) {
        let state = self.state;
        let bits = step.add(state.shl(PLACE_BITS)).shr(BELOW_COUNT);
        self.put_bits(state, bits);
        self.state = warp.look_up_states(state.shr_each(bits).add(step));
    }

    /// Prepends the lowest bits.
    #[cfg_attr(not(unoptimized), inline(always))]
    pub(super) fn put_bits(&mut self, value: L, bits: L) {
        self.low = L::funnel_shr(self.high, self.low, bits);
        self.high = L::funnel_shr(value, self.high, bits);
        self.count = self.count.add(bits);
    }

    /// Flushes each lane's full word, and emits the word that the decoder loads at this point.
    #[cfg_attr(not(unoptimized), inline(always))]
    pub(super) fn fill<W: EncodeWarp<Lanes = L>, const ALL: bool>(&mut self, warp: &mut W) {
        let word = L::full_word(self.high, self.low, self.count);
        self.fill_with::<W, ALL>(warp, word);
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    pub(super) fn fill_with<W: EncodeWarp<Lanes = L>, const ALL: bool>(
        &mut self,
        warp: &mut W,
        word: L,
    ) {
        let lanes;
        let earliest = self.filled[1];
        (self.count, self.filled, lanes) = L::fill(self.count, word, self.filled);
        self.stream.put_filled::<W, ALL>(warp, earliest, lanes);
    }

    /// Prepends the initial state, and emits the three words that each lane starts with. A lane's
    /// bits follow a one in the first of them.
    #[cfg_attr(not(unoptimized), inline(always))]
    fn finish<W: TansEncodeWarp<Lanes = L>>(mut self, warp: &mut W) {
        let prob_bits = L::splat(warp.prob_bits());
        // The state's highest bit, `2^P`, lies above the bits that are prepended.
        self.put_bits(self.state, prob_bits);
        self.fill::<W, false>(warp);
        // A lane whose bits fill whole words begins with a word that holds no bits.
        self.count = self.count.add(L::splat(1));
        self.fill_with::<W, false>(warp, self.high);
        self.count = self.count.sub(L::splat(1));
        // A one, and after it the highest `count` bits.
        let first = L::funnel_shl(L::splat(1), self.high, self.count);
        self.put_first_words(warp, first);
    }

    /// Emits the three words that each lane starts with: the one given, and those filled last.
    #[cfg_attr(not(unoptimized), inline(always))]
    pub(super) fn put_first_words<W: EncodeWarp<Lanes = L>>(&self, warp: &mut W, first: L) {
        for later in [1, 0] {
            self.stream.put_last(warp, self.filled[later], later);
        }
        put(warp, first, u32::MAX, u32::MAX);
    }
}
