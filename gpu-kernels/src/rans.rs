//! rANS decoding (FORMAT.md section 6; J. Duda, "Asymmetric numeral systems", arXiv:1311.2540).

use crate::format::STATE_LOWER_BOUND;
use crate::warp::{Lanes, Warp};

/// The states of a tile, `S` a lane, and the probability width of its table.
pub struct RansStates<L, const S: usize> {
    states: [L; S],
    prob_bits: u32,
}

impl<L: Lanes, const S: usize> RansStates<L, S> {
    /// Takes the initial states from the front of the tile's words.
    #[inline(always)]
    pub fn take<W: Warp<Lanes = L>>(warp: &mut W, prob_bits: u32) -> Self {
        let mut states = [L::splat(0); S];
        for state in 0..S {
            states[state] = warp.take_states();
        }
        Self { states, prob_bits }
    }

    /// Decodes four steps; their symbols are the four bytes of a lane's word, the first lowest.
    #[inline(always)]
    pub fn decode_four<W: Warp<Lanes = L>>(&mut self, warp: &mut W) -> L {
        warp.prepare_words();
        let first = self.step(warp, 0);
        let second = self.step(warp, 1);
        let third = self.step(warp, 2);
        let fourth = self.step(warp, 3);
        L::pack_low_bytes([first, second, third, fourth])
    }

    /// Decodes two steps, into the lower two bytes.
    #[inline(always)]
    pub fn decode_two<W: Warp<Lanes = L>>(&mut self, warp: &mut W) -> L {
        warp.prepare_words();
        let first = self.step(warp, 0);
        let second = self.step(warp, 1);
        let none = L::splat(0);
        L::pack_low_bytes([first, second, none, none])
    }

    /// One step: the table entry, whose low byte is the symbol. Unpacks what `Table::entry` packed.
    #[inline(always)]
    fn step<W: Warp<Lanes = L>>(&mut self, warp: &mut W, step: usize) -> L {
        let state = self.states[step % S];
        let slot = state.and(L::splat((1 << self.prob_bits) - 1));
        let entry = warp.look_up(slot);
        let frequency = entry.shr(20);
        let offset = entry.shr(8).and(L::splat(0xFFF));
        let state = state.shr(self.prob_bits).mul_add(frequency, offset);
        self.states[step % S] = warp.renormalise(state);
        entry
    }

    /// Whether every state has come back to the lower bound, where the encoder started.
    #[inline(always)]
    pub fn are_final<W: Warp<Lanes = L>>(&self, warp: &W) -> bool {
        let mut all = true;
        for state in 0..S {
            all &= warp.all_lanes_are(self.states[state], STATE_LOWER_BOUND);
        }
        all
    }
}
