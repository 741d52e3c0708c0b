//! The encoder's look-up tables.

use crate::format::{MAX_PROB_BITS, Table};

/// A table, ready for encoding (Y. Collet, "Finite State Entropy", 2013). A state here is the
/// format's plus `2^P`, as it is in the arithmetic of ANS.
pub struct EncodingTable {
    /// The probability bits.
    pub prob_bits: u32,
    /// The step of each symbol.
    pub steps: Steps,
    /// The states of each symbol in ascending order, symbol after symbol.
    pub states: [u32; 1 << MAX_PROB_BITS],
    /// The place of each symbol's first state.
    first: [u16; 256],
}

/// The step of each symbol: two numbers that take any of its states to the next, in one word.
pub struct Steps {
    /// The steps, by symbol.
    pub entries: [u32; 256],
    /// The bytes of the steps, the lowest bytes of all first, for lanes that look up bytes.
    pub planes: [[u8; 256]; 4],
}

impl Steps {
    fn new(entries: [u32; 256]) -> Self {
        Self {
            entries,
            planes: [0, 1, 2, 3].map(|byte| entries.map(|entry| entry.to_le_bytes()[byte])),
        }
    }
}

/// Bits of a step below its upper number.
pub(crate) const PLACE_BITS: u32 = 15;
/// Bits below the bit count in the sum of a state and a step's upper number.
const STATE_BITS: u32 = MAX_PROB_BITS as u32 + 1;
/// Shifting the sum right by so many bits leaves the bit count.
pub(crate) const BELOW_COUNT: u32 = PLACE_BITS + STATE_BITS;

impl EncodingTable {
    /// The encoder's form of a table.
    pub fn new(table: &Table) -> Self {
        let prob_bits = u32::from(table.prob_bits());
        let (mut steps, mut first) = ([0; 256], [0; 256]);
        let mut start = 0u32;
        for (symbol, &frequency) in table.frequencies().iter().enumerate() {
            let frequency = u32::from(frequency);
            if frequency > 0 {
                steps[symbol] = step(frequency, start, prob_bits);
            }
            first[symbol] = start as u16;
            start += frequency;
        }
        let mut states = [0; 1 << MAX_PROB_BITS];
        let mut next = first;
        table.for_each_state(|state, symbol, _| {
            let place = &mut next[usize::from(symbol)];
            states[usize::from(*place)] = u32::from(state) + (1 << prob_bits);
            *place += 1;
        });
        Self { prob_bits, steps: Steps::new(steps), states, first }
    }

    /// The lowest of a symbol's states; any other one where the table lacks the symbol.
    #[cfg_attr(not(unoptimized), inline(always))]
    pub fn lowest_state(&self, symbol: u8) -> u32 {
        self.states[usize::from(self.first[usize::from(symbol)]) % self.states.len()]
    }
}

/// Packs a symbol's step, two numbers for all its states. The upper one plus a state has the number
/// of bits that the state sheds in bits 13 and up. The lower one plus the shifted state, modulo
/// `2^12`, is the place of the next state in `EncodingTable::states`.
#[cfg_attr(not(unoptimized), inline(always))]
pub const fn step(frequency: u32, start: u32, prob_bits: u32) -> u32 {
    // The most bits that a state sheds, and the lowest state that sheds as many; lower states shed
    // one fewer.
    let most = match frequency {
        1 => prob_bits,
        _ => prob_bits - (frequency - 1).ilog2(),
    };
    let count = (most << STATE_BITS) - (frequency << most);
    let place = start.wrapping_sub(frequency) % (1 << MAX_PROB_BITS);
    count << PLACE_BITS | place
}
