//! The encoder's look-up table.

use crate::format::Table;

/// The least state.
const LOWEST: u32 = 1 << 16;

/// A symbol's step: the numbers that take a state from after it to before it.
#[derive(Debug, Clone, Copy, Default)]
pub struct RansStep {
    /// `2^(32 + P)` divided by the frequency, rounded up. A state below `limit` times this, shifted
    /// right by `32 + P`, is the whole quotient: the product fits 64 bits, and its error is less than
    /// a part of the frequency.
    reciprocal: u64,
    /// States from here on shed 16 bits.
    limit: u32,
    /// `2^P` less the frequency.
    complement: u32,
    /// The symbol's first slot.
    start: u32,
}

/// A table, ready for encoding.
pub struct RansSteps {
    prob_bits: u32,
    steps: [RansStep; 256],
}

impl RansSteps {
    /// The encoder's form of a table.
    pub fn new(table: &Table) -> Self {
        let prob_bits = u32::from(table.prob_bits());
        let mut steps = [RansStep::default(); 256];
        let mut start = 0;
        for (step, &frequency) in steps.iter_mut().zip(table.frequencies()) {
            let frequency = u32::from(frequency);
            if frequency > 0 {
                *step = RansStep {
                    reciprocal: (1u64 << (32 + prob_bits)).div_ceil(frequency.into()),
                    limit: frequency << (32 - prob_bits),
                    complement: (1 << prob_bits) - frequency,
                    start,
                };
            }
            start += frequency;
        }
        Self { prob_bits, steps }
    }

    /// The lowest state of a symbol, on which an intact tile ends; another one where the table lacks the
    /// symbol.
    #[cfg_attr(not(unoptimized), inline(always))]
    pub fn lowest_state(&self, symbol: u8) -> u32 {
        LOWEST + self.steps[usize::from(symbol)].start
    }

    /// The number of lowest bits that a state sheds before a symbol, 0 or 16, and the state from
    /// which the decoder comes to the rest by way of the symbol. Without a meaning where the table lacks
    /// the symbol.
    #[cfg_attr(not(unoptimized), inline(always))]
    pub fn encode(&self, symbol: u8, state: u32) -> (u32, u32) {
        let step = &self.steps[usize::from(symbol)];
        let shed = if state >= step.limit { 16 } else { 0 };
        let rest = state >> shed;
        let quotient =
            (u64::from(rest).wrapping_mul(step.reciprocal) >> (32 + self.prob_bits)) as u32;
        let before = rest.wrapping_add(quotient.wrapping_mul(step.complement));
        (shed, before.wrapping_add(step.start))
    }
}
