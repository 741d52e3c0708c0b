//! The program.

use super::lanes::EncodeLanes;
use super::rows::Rows;
use super::table::{BELOW_COUNT, EncodingTable, PLACE_BITS};
use super::words::Backwards;
use crate::prefetch::{READ_ROWS_AHEAD, prefetch_read};
use wcodec_codec::format::{LANES, MAX_PROB_BITS};

/// What a tile is to encode.
#[derive(Debug, Clone, Copy)]
pub struct TileSymbols<'a> {
    /// Of each row `steps` symbols for each lane.
    pub rows: Rows<'a>,
    /// 2, 4, 8 or 16.
    pub steps: usize,
    /// States a lane, 1 or 2.
    pub states: u8,
}

impl TileSymbols<'_> {
    /// Room for as many words as a tile of `rows` rows can come to, and [`LANES`] more.
    pub fn most_words(rows: usize, steps: usize) -> usize {
        // At most 12 bits a step; then three words a lane, two zeros that stand in for words it does not need; and one that
        // nothing is put into.
        ((rows * steps * usize::from(MAX_PROB_BITS)).div_ceil(32) + 7) * LANES
    }
}

/// Writes a tile's words to the end of `words`, which has room. Gives their number.
#[inline(always)]
pub fn encode_any_tile<L: EncodeLanes>(
    table: &EncodingTable,
    tile: TileSymbols<'_>,
    words: &mut [u32],
) -> usize {
    let stream = Backwards::new(words);
    match (tile.steps, tile.states) {
        (2, 1) => encode_rows::<L, 2, 1, 1>(table, tile, stream),
        (4, 1) => encode_rows::<L, 4, 1, 1>(table, tile, stream),
        (8, 1) => encode_rows::<L, 8, 2, 1>(table, tile, stream),
        (_, 1) => encode_rows::<L, 16, 4, 1>(table, tile, stream),
        (2, _) => encode_rows::<L, 2, 1, 2>(table, tile, stream),
        (4, _) => encode_rows::<L, 4, 1, 2>(table, tile, stream),
        (8, _) => encode_rows::<L, 8, 2, 2>(table, tile, stream),
        (_, _) => encode_rows::<L, 16, 4, 2>(table, tile, stream),
    }
}

/// Encodes rows of `K` symbols a lane, which are `N` words of four, or half a word.
#[inline(always)]
fn encode_rows<L: EncodeLanes, const K: usize, const N: usize, const S: usize>(
    table: &EncodingTable,
    tile: TileSymbols<'_>,
    stream: Backwards<'_>,
) -> usize {
    let Some(last) = tile.rows.count().checked_sub(1) else {
        return 0;
    };
    let row = |number: usize| -> &[[u8; K]; LANES] {
        let lanes = tile.rows.row(number).as_chunks().0;
        lanes.first_chunk().expect("a row has the symbols that its lanes have")
    };
    // The last symbols need no bits: the decoder does not go on from their states.
    let mut lanes = Encoding::<L, S>::behind(std::array::from_fn(|number| {
        row(last).map(|symbols| table.lowest_state(symbols[K - S + number])).into()
    }));
    let mut stream = stream;
    let mut steps = K - S;
    for number in (0..=last).rev() {
        // Backwards, which the CPU does not foresee as well.
        prefetch_read(tile.rows.row(number.saturating_sub(READ_ROWS_AHEAD)));
        lanes.encode_row::<K, N>(table, load::<L, K, N>(row(number)), steps, &mut stream);
        steps = K;
    }
    lanes.finish(table, &mut stream);
    stream.len()
}

/// The words of a row's symbols.
#[inline(always)]
fn load<L: EncodeLanes, const K: usize, const N: usize>(row: &[[u8; K]; LANES]) -> [L; N] {
    let bytes = row.as_flattened();
    let mut words = [L::splat(0); N];
    match K {
        2 => words[0] = L::load_half(whole(bytes)),
        4 => words[0] = L::load_1(whole(bytes)),
        8 => words.copy_from_slice(&L::load_2(whole(bytes))),
        _ => words.copy_from_slice(&L::load_4(whole(bytes))),
    }
    words
}

#[inline(always)]
fn whole<const LEN: usize>(bytes: &[u8]) -> &[u8; LEN] {
    bytes.try_into().expect("a row has the bytes that its lanes have")
}

/// All lanes on their way from their last symbol to their first. A lane's bits grow at their front.
struct Encoding<L, const S: usize> {
    states: [L; S],
    /// The bits of the word that is being filled: the highest `count` of these two words, the first of them the highest of all.
    high: L,
    low: L,
    /// At most 32 between two pairs of readings.
    count: L,
    /// The two words that were filled last, the later one of the stream last.
    filled: [L; 2],
}

impl<L: EncodeLanes, const S: usize> Encoding<L, S> {
    /// Before the last symbol, in the word behind the last: the decoder, which may be through with a lane's bits when
    /// there are symbols to come that take none, moves words then as well.
    #[inline(always)]
    fn behind(states: [L; S]) -> Self {
        let none = L::splat(0);
        Self { states, high: none, low: none, count: L::splat(32), filled: [none; 2] }
    }

    /// Goes back by the first `steps` symbols of a row.
    ///
    /// Reading `r` of a decoder takes the bits of step `r − S`, or where there is none an initial state. It moves words
    /// before every second reading, so words are filled after every second step.
    #[inline(always)]
    fn encode_row<const K: usize, const N: usize>(
        &mut self,
        table: &EncodingTable,
        words: [L; N],
        steps: usize,
        stream: &mut Backwards<'_>,
    ) {
        for word in (0..N).rev() {
            let entries = L::look_up_steps(&table.steps, words[word]);
            for within in (0..4).rev() {
                let step = 4 * word + within;
                if step >= K || step >= steps {
                    continue;
                }
                self.encode(table, step % S, entries[within]);
                if step % 2 == S % 2 {
                    self.fill(stream);
                }
            }
        }
    }

    /// Goes back by a step of state `number`: what leaves the state comes before the bits.
    #[inline(always)]
    fn encode(&mut self, table: &EncodingTable, number: usize, step: L) {
        let state = self.states[number];
        let bits = step.add(state.shl(PLACE_BITS)).shr(BELOW_COUNT);
        self.put_bits(state, bits);
        self.states[number] = L::gather(&table.states, state.shr_each(bits).add(step));
    }

    /// Puts the lowest bits before the others.
    #[inline(always)]
    fn put_bits(&mut self, value: L, bits: L) {
        self.low = L::funnel_shr(self.high, self.low, bits);
        self.high = L::funnel_shr(value, self.high, bits);
        self.count = self.count.add(bits);
    }

    /// Takes the filled word off each lane that has one, and puts the one that the decoder takes when it comes to that.
    #[inline(always)]
    fn fill(&mut self, stream: &mut Backwards<'_>) {
        let word =
            L::funnel_shr(self.high, self.low, L::splat(0).sub(self.count).and(L::splat(31)));
        self.fill_with(word, stream);
    }

    #[inline(always)]
    fn fill_with(&mut self, word: L, stream: &mut Backwards<'_>) {
        let lanes;
        let earliest = self.filled[1];
        (self.count, self.filled, lanes) = L::fill(self.count, word, self.filled);
        stream.put_filled(earliest, lanes);
    }

    /// Puts the initial states before the bits, and the three words in front that each lane begins with, its bits in the
    /// first one behind a one.
    #[inline(always)]
    fn finish(mut self, table: &EncodingTable, stream: &mut Backwards<'_>) {
        let prob_bits = L::splat(table.prob_bits);
        for state in self.states.into_iter().rev() {
            // Their highest bit, that of `2^P`, is above those that are put.
            self.put_bits(state, prob_bits);
        }
        self.fill(stream);
        // A lane whose bits fill words exactly begins with a word of which nothing is left.
        self.count = self.count.add(L::splat(1));
        self.fill_with(self.high, stream);
        self.count = self.count.sub(L::splat(1));
        for later in [1, 0] {
            stream.put_last(self.filled[later], later);
        }
        let (counts, words): ([u32; LANES], [u32; LANES]) = (self.count.into(), self.high.into());
        let first = std::array::from_fn(|lane| {
            1 << counts[lane] | words[lane].checked_shr(32 - counts[lane]).unwrap_or(0)
        });
        stream.put(L::from(first), u32::MAX, u32::MAX);
    }
}
