//! tANS encoding: the decoder's steps taken backwards (FORMAT.md section 6).

use wcodec_kernels::format::{LANES, MAX_PROB_BITS, Table};

/// What encoding a symbol needs (Y. Collet, "Finite State Entropy", 2013).
#[derive(Clone, Copy, Default)]
struct SymbolStep {
    /// Added to a state, gives the number of bits that leave it in bits 16 and above.
    delta_bits: u32,
    /// Added to what is left of the state, gives the place of the next one in `TansEncoder::states`.
    delta_state: u32,
}

/// A table, ready for encoding. A state here is the format's plus `2^P`, as it is in the arithmetic of ANS.
pub struct TansEncoder {
    prob_bits: u32,
    steps: [SymbolStep; 256],
    /// The states of each symbol in ascending order, symbol after symbol.
    states: Box<[u16; 1 << MAX_PROB_BITS]>,
    /// Where each symbol's begin.
    first: [u16; 256],
}

/// A lane on its way from its last symbol to its first. Its bits grow at their front.
#[derive(Clone, Copy)]
struct Lane<const S: usize> {
    states: [u32; S],
    /// The bits of the word that is being filled: the highest `count`, the first of them the highest of all.
    bits: u64,
    /// At most 32 between two pairs of readings.
    count: u32,
    /// The two words that were filled last, the later one of the stream last.
    filled: [u32; 2],
}

impl<const S: usize> Lane<S> {
    /// Before the last symbol, in the word behind the last: the decoder, which may be through with a lane's bits when
    /// there are symbols to come that take none, moves words then as well.
    const END: Self = Self { states: [0; S], bits: 0, count: 32, filled: [0; 2] };

    /// Goes back by the symbol of state `number`: what leaves the state comes before the bits.
    #[inline(always)]
    fn encode(&mut self, number: usize, symbol: u8, encoder: &TansEncoder) {
        let step = &encoder.steps[usize::from(symbol)];
        let state = self.states[number];
        let bits = state.wrapping_add(step.delta_bits) >> 16;
        // What leaves is at the top, what is left at the bottom.
        let parted = u64::from(state).rotate_right(bits);
        self.bits = self.bits >> (bits & 63) | parted & (u64::MAX << 32);
        self.count += bits;
        let place = (parted as u32).wrapping_add(step.delta_state);
        self.states[number] = u32::from(encoder.states[place as usize % encoder.states.len()]);
    }

    /// Puts an initial state before the bits.
    fn put_state(&mut self, number: usize, encoder: &TansEncoder) {
        let value = u64::from(self.states[number]) - (1 << encoder.prob_bits);
        self.bits = self.bits >> encoder.prob_bits | value << (64 - encoder.prob_bits);
        self.count += encoder.prob_bits;
    }

    /// The last 32 bits, which fill a word once there are as many.
    #[inline(always)]
    fn word(&self) -> u32 {
        (self.bits >> (self.count.wrapping_neg() & 63)) as u32
    }

    /// Takes a filled word off the bits if `full`. Without branches, as it comes at random.
    #[inline(always)]
    fn fill(&mut self, full: bool) {
        let word = self.word();
        self.filled = [
            std::hint::select_unpredictable(full, word, self.filled[0]),
            std::hint::select_unpredictable(full, self.filled[0], self.filled[1]),
        ];
        self.count -= u32::from(full) * 32;
    }
}

/// A step of all lanes, one of the `K` of a row.
#[derive(Clone, Copy)]
struct Step<'a, const K: usize> {
    row: &'a [[u8; K]; LANES],
    number: usize,
}

impl<const K: usize> Step<'_, K> {
    #[inline(always)]
    fn of(&self, lane: usize) -> u8 {
        self.row[lane][self.number % K]
    }
}

/// A tile's words, written from the last to the first.
struct Backwards<'a> {
    words: &'a mut [u32],
    front: usize,
    /// Words that each lane has filled, counted until one is stored. The first that a lane fills is behind its last and
    /// not needed, nor are the two that it takes beyond that.
    filled: [u32; LANES],
}

impl Backwards<'_> {
    fn is_empty(&self) -> bool {
        self.front == self.words.len()
    }

    /// Puts a word in front. Of one that a lane takes but does not need nothing is kept behind the last that is needed,
    /// and before it a zero.
    fn put(&mut self, word: u32, needed: bool) {
        self.put_if(word, needed || !self.is_empty());
    }

    #[inline(always)]
    fn put_if(&mut self, word: u32, kept: bool) {
        self.words[self.front - 1] = word;
        self.front -= usize::from(kept);
    }

    /// Takes the filled word off each lane that has one, and puts the one that the decoder takes when it comes to that.
    fn fill<const S: usize>(&mut self, lanes: &mut [Lane<S>; LANES], is_full: fn(u32) -> bool) {
        let full = lanes.iter_mut().enumerate().rev().filter(|(_, lane)| is_full(lane.count));
        for (number, lane) in full {
            self.put(lane.filled[1], self.filled[number] > 2);
            lane.fill(true);
            self.filled[number] += 1;
        }
    }

    /// Puts the three words in front that each lane begins with, its bits in the first one behind a one.
    fn put_first_words<const S: usize>(&mut self, lanes: &mut [Lane<S>; LANES]) {
        // A lane whose bits fill words exactly begins with a word of which nothing is left.
        self.fill(lanes, |count| count == 32);
        for place in [1, 0] {
            for number in (0..LANES).rev() {
                self.put(lanes[number].filled[place], self.filled[number] > place as u32 + 1);
            }
        }
        for lane in lanes.iter().rev() {
            let above = u32::MAX << lane.count;
            self.put(lane.word() & !above | 1 << lane.count, true);
        }
    }
}

impl TansEncoder {
    /// The encoder for a table.
    pub fn new(table: &Table) -> Self {
        let prob_bits = u32::from(table.prob_bits());
        let (mut steps, mut first) = ([SymbolStep::default(); 256], [0; 256]);
        let mut start = 0u32;
        for (symbol, &frequency) in table.frequencies().iter().enumerate() {
            let frequency = u32::from(frequency);
            if frequency > 0 {
                steps[symbol] = SymbolStep::new(frequency, start, prob_bits);
            }
            first[symbol] = start as u16;
            start += frequency;
        }
        let mut states = Box::new([0; 1 << MAX_PROB_BITS]);
        let mut next = first;
        table.for_each_state(|state, symbol, _| {
            let place = &mut next[usize::from(symbol)];
            states[usize::from(*place)] = state + (1 << prob_bits);
            *place += 1;
        });
        Self { prob_bits, steps, states, first }
    }

    /// Writes a tile's words to the end of `out`. `symbols` are `steps` for each lane of a row and then for the next:
    /// 2, 4, 8 or 16. `words` is scratch.
    pub fn encode(
        &self,
        symbols: &[u8],
        steps: usize,
        states: usize,
        words: &mut Vec<u32>,
        out: &mut Vec<u32>,
    ) {
        // At most 12 bits a step; then three words a lane, two zeros that stand in for words it does not need, and one
        // that is written before it is known whether it is kept.
        let lane_steps = symbols.len() / LANES;
        let of_a_lane = (lane_steps * usize::from(MAX_PROB_BITS)).div_ceil(32) + 7;
        if words.len() < of_a_lane * LANES {
            words.resize(of_a_lane * LANES, 0);
        }
        let front = words.len();
        let mut stream = Backwards { words, front, filled: [0; LANES] };
        match steps {
            2 => self.encode_tile::<2>(symbols, states, &mut stream),
            4 => self.encode_tile::<4>(symbols, states, &mut stream),
            8 => self.encode_tile::<8>(symbols, states, &mut stream),
            _ => self.encode_tile::<16>(symbols, states, &mut stream),
        }
        let front = stream.front;
        out.extend_from_slice(&words[front..]);
    }

    fn encode_tile<const K: usize>(
        &self,
        symbols: &[u8],
        states: usize,
        stream: &mut Backwards<'_>,
    ) {
        let rows = symbols.as_chunks::<K>().0.as_chunks::<LANES>().0;
        if states == 1 {
            self.encode_rows::<K, 1>(rows, stream);
        } else {
            self.encode_rows::<K, 2>(rows, stream);
        }
    }

    /// Reading `r` of a decoder takes the bits of step `r − S`, or where there is none an initial state. It moves words
    /// before every second reading, so readings are gone through in pairs.
    fn encode_rows<const K: usize, const S: usize>(
        &self,
        rows: &[[[u8; K]; LANES]],
        stream: &mut Backwards<'_>,
    ) {
        let step = |number: usize| Step { row: &rows[number / K], number: number % K };
        let readings = rows.len() * K;
        let mut lanes = [Lane::<S>::END; LANES];
        // The last symbols need no bits: the decoder does not go on from their states.
        for reading in readings..readings + S {
            let symbols = step(reading - S);
            for (number, lane) in lanes.iter_mut().enumerate() {
                lane.states[reading % S] = self.lowest_state(symbols.of(number));
            }
        }
        for reading in (2..readings).step_by(2).rev() {
            let pair = [step(reading - S), step(reading + 1 - S)];
            if stream.is_empty() {
                self.encode_first(pair, &mut lanes, stream);
            } else {
                self.encode_pair(pair, &mut lanes, stream);
            }
        }
        for (lane, symbols) in lanes.iter_mut().zip(&rows[0]) {
            if S == 1 {
                lane.encode(0, symbols[0], self);
            }
            (0..S).rev().for_each(|number| lane.put_state(number, self));
        }
        stream.fill(&mut lanes, |count| count > 32);
        stream.put_first_words(&mut lanes);
    }

    fn lowest_state(&self, symbol: u8) -> u32 {
        self.states[usize::from(self.first[usize::from(symbol)])].into()
    }

    /// A pair of steps, while it is open where the stream will end.
    #[cold]
    fn encode_first<const K: usize, const S: usize>(
        &self,
        [even, odd]: [Step<'_, K>; 2],
        lanes: &mut [Lane<S>; LANES],
        stream: &mut Backwards<'_>,
    ) {
        for (number, lane) in lanes.iter_mut().enumerate() {
            lane.encode(S - 1, odd.of(number), self);
            lane.encode(0, even.of(number), self);
        }
        stream.fill(lanes, |count| count > 32);
    }

    /// A pair of steps further on, where every word is kept: a lane's two steps wait for each other, but no lane for
    /// another.
    #[inline(always)]
    fn encode_pair<const K: usize, const S: usize>(
        &self,
        [even, odd]: [Step<'_, K>; 2],
        lanes: &mut [Lane<S>; LANES],
        stream: &mut Backwards<'_>,
    ) {
        for (number, lane) in lanes.iter_mut().enumerate().rev() {
            lane.encode(S - 1, odd.of(number), self);
            lane.encode(0, even.of(number), self);
            let full = lane.count > 32;
            stream.put_if(lane.filled[1], full);
            lane.fill(full);
        }
    }
}

impl SymbolStep {
    fn new(frequency: u32, start: u32, prob_bits: u32) -> Self {
        // The most bits that leave a state, and the lowest state that they leave; one fewer leave the lower ones.
        let most = match frequency {
            1 => prob_bits,
            _ => prob_bits - (frequency - 1).ilog2(),
        };
        let delta_bits = (most << 16).wrapping_sub(frequency << most);
        Self { delta_bits, delta_state: start.wrapping_sub(frequency) }
    }
}
