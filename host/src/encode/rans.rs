//! rANS encoding: the decoder's steps taken backwards (FORMAT.md section 6).

use wcodec_kernels::format::{LANES, STATE_LOWER_BOUND, STATE_WORDS, Table};

/// What encoding a symbol needs; the division by its frequency made a multiplication.
#[derive(Clone, Copy, Default)]
struct SymbolStep {
    /// `floor(2^shift / frequency) + 1`
    reciprocal: u64,
    /// Bits that the product is shifted: 32 and the bits of `frequency − 1`.
    shift: u32,
    /// A state from here on gives a word away first.
    limit: u64,
    /// `2^P − frequency`
    complement: u32,
    /// Sum of the frequencies below the symbol.
    start: u32,
}

/// A table, ready for encoding.
pub struct RansEncoder {
    steps: [SymbolStep; 256],
}

impl RansEncoder {
    /// The encoder for a table.
    pub fn new(table: &Table) -> Self {
        let sum = 1u32 << table.prob_bits();
        let mut start = 0;
        let steps = table.frequencies().map(|frequency| {
            let frequency = u32::from(frequency);
            if frequency == 0 {
                return SymbolStep::default();
            }
            let shift = 32 + frequency.next_power_of_two().trailing_zeros();
            let step = SymbolStep {
                reciprocal: (1u64 << shift) / u64::from(frequency) + 1,
                shift,
                limit: u64::from(frequency) << (32 - table.prob_bits()),
                complement: sum - frequency,
                start,
            };
            start += frequency;
            step
        });
        Self { steps }
    }

    /// Writes a tile's words, its initial states first, to the end of `out`. `symbols` are in the order of
    /// decoding: row, step, lane; the number of steps a row is a multiple of `states`.
    pub fn encode(&self, symbols: &[u8], states: usize, words: &mut Vec<u16>, out: &mut Vec<u8>) {
        // Filled from the end: at most one word a symbol, then the states.
        words.resize(states * STATE_WORDS + symbols.len(), 0);
        let mut front = words.len();
        let mut lanes = [[STATE_LOWER_BOUND; LANES]; 2];
        for (step, symbols) in symbols.as_chunks::<LANES>().0.iter().enumerate().rev() {
            front = self.encode_step(symbols, &mut lanes[step % states], words, front);
        }
        for state in lanes[..states].iter().flatten().rev() {
            front -= 2;
            words[front] = *state as u16;
            words[front + 1] = (state >> 16) as u16;
        }
        out.extend(words[front..].iter().flat_map(|word| word.to_le_bytes()));
    }

    /// One step of all lanes, the last lane first; gives the new front of the words.
    #[inline(always)]
    fn encode_step(
        &self,
        symbols: &[u8; LANES],
        states: &mut [u32; LANES],
        words: &mut [u16],
        mut front: usize,
    ) -> usize {
        // The 32 words before the front: a lane always writes one and moves on only where it had to.
        let window: &mut [u16; LANES] =
            (&mut words[front - LANES..front]).try_into().expect("it has 32 words");
        let end = front;
        for (state, &symbol) in states.iter_mut().zip(symbols).rev() {
            let step = &self.steps[usize::from(symbol)];
            let full = u64::from(*state) >= step.limit;
            window[(LANES - 1).wrapping_sub(end - front) % LANES] = *state as u16;
            front -= usize::from(full);
            let reduced = if full { *state >> 16 } else { *state };
            // The product fits: reduced < 2^(32 − P) · frequency and reciprocal ≤ 2^shift / frequency + 1.
            let quotient = ((u64::from(reduced) * step.reciprocal) >> step.shift) as u32;
            *state = reduced + step.start + quotient * step.complement;
        }
        front
    }
}
