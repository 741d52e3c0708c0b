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
struct LaneBits {
    /// The bits of the word that is being filled, the first of them the highest.
    head: u64,
    /// How many there are: at most 32 between two steps.
    count: u32,
    /// The two words that were filled last, the later one of the stream last.
    filled: [Option<u32>; 2],
    /// Whether the word that is being filled is one that the lane needs.
    needed: bool,
}

impl LaneBits {
    /// Before the last symbol, in the word behind the last: the decoder, which may be through with a lane's bits when
    /// there are symbols to come that take none, moves words then as well.
    const END: Self = Self { head: 0, count: 32, filled: [None; 2], needed: false };

    #[inline(always)]
    fn prepend(&mut self, value: u32, count: u32) {
        self.head |= u64::from(value) << self.count;
        self.count += count;
    }

    /// Takes a filled word off the head, and gives the one that the decoder takes when it comes to this one.
    #[inline(always)]
    fn fill(&mut self) -> Option<u32> {
        let [second, third] = self.filled;
        self.filled = [self.needed.then_some(self.head as u32), second];
        self.needed = true;
        self.head >>= 32;
        self.count -= 32;
        third
    }
}

/// A tile's words, written from the last to the first.
struct Backwards<'a> {
    words: &'a mut [u32],
    front: usize,
}

impl Backwards<'_> {
    /// Puts a word in front. Of one that a lane takes but does not need nothing is kept behind the last that is needed,
    /// and before it a zero.
    #[inline(always)]
    fn put(&mut self, word: Option<u32>) {
        if word.is_some() || self.front < self.words.len() {
            self.front -= 1;
            self.words[self.front] = word.unwrap_or(0);
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

    /// Writes a tile's words to the end of `out`. `symbols` are in the order of decoding: row, step, lane; the number of
    /// steps is even. `words` is scratch.
    pub fn encode(&self, symbols: &[u8], states: usize, words: &mut Vec<u32>, out: &mut Vec<u8>) {
        let steps = symbols.as_chunks::<LANES>().0;
        // At most 12 bits a step; then three words a lane, and two zeros that stand in for words it does not need.
        let of_a_lane = (steps.len() * usize::from(MAX_PROB_BITS)).div_ceil(32) + 6;
        words.resize(of_a_lane * LANES, 0);
        let front = words.len();
        let mut stream = Backwards { words, front };
        let mut lanes = [LaneBits::END; LANES];
        if states == 1 {
            self.encode_steps::<1>(steps, &mut lanes, &mut stream);
        } else {
            self.encode_steps::<2>(steps, &mut lanes, &mut stream);
        }
        write_first_words(&mut lanes, &mut stream);
        let front = stream.front;
        out.extend(words[front..].iter().flat_map(|word| word.to_le_bytes()));
    }

    /// Reading `r` of a decoder takes the bits of step `r − S`, or where there is none an initial state.
    fn encode_steps<const S: usize>(
        &self,
        steps: &[[u8; LANES]],
        lanes: &mut [LaneBits; LANES],
        stream: &mut Backwards<'_>,
    ) {
        let mut states = [[0; LANES]; S];
        // The last symbols need no bits: the decoder does not go on from their states.
        for reading in steps.len()..steps.len() + S {
            states[reading % S] = steps[reading - S].map(|symbol| self.lowest_state(symbol));
        }
        for reading in (0..steps.len()).rev() {
            let states = &mut states[reading % S];
            match reading.checked_sub(S) {
                Some(step) => self.encode_step(&steps[step], states, lanes),
                None => self.put_states(states, lanes),
            }
            // The decoder moves words before every second reading.
            if reading % 2 == 0 {
                for lane in lanes.iter_mut().rev().filter(|lane| lane.count > 32) {
                    stream.put(lane.fill());
                }
            }
        }
    }

    fn lowest_state(&self, symbol: u8) -> u16 {
        self.states[usize::from(self.first[usize::from(symbol)])]
    }

    #[inline(always)]
    fn encode_step(
        &self,
        symbols: &[u8; LANES],
        states: &mut [u16; LANES],
        lanes: &mut [LaneBits; LANES],
    ) {
        for ((state, &symbol), lane) in states.iter_mut().zip(symbols).zip(lanes) {
            let step = &self.steps[usize::from(symbol)];
            let full = u32::from(*state);
            let bits = full.wrapping_add(step.delta_bits) >> 16;
            lane.prepend(full & !(u32::MAX << bits), bits);
            let place = (full >> bits).wrapping_add(step.delta_state);
            *state = self.states[place as usize % self.states.len()];
        }
    }

    fn put_states(&self, states: &[u16; LANES], lanes: &mut [LaneBits; LANES]) {
        for (lane, &state) in lanes.iter_mut().zip(states) {
            lane.prepend(u32::from(state) - (1 << self.prob_bits), self.prob_bits);
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

/// Puts the three words in front that each lane begins with, its bits in the first one behind a one.
fn write_first_words(lanes: &mut [LaneBits; LANES], stream: &mut Backwards<'_>) {
    // A lane whose bits fill words exactly begins with a word of which nothing is left.
    for lane in lanes.iter_mut().rev().filter(|lane| lane.count == 32) {
        stream.put(lane.fill());
    }
    for number in (0..2).rev() {
        lanes.iter().rev().for_each(|lane| stream.put(lane.filled[number]));
    }
    lanes.iter().rev().for_each(|lane| stream.put(Some(lane.head as u32 | 1 << lane.count)));
}
