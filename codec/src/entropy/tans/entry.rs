//! The decoder's look-up table: an entry of 32 bits for each state.

use crate::format::{MAX_PROB_BITS, Table};

/// The look-up entry of a state: bits 16 to 31 hold the lowest state that can follow, bits 8 to 15
/// the symbol, [`LOWEST`] marks the lowest state of the symbol, and bits 0 to 4 hold the number of
/// bits that choose the following state.
pub const fn entry(next: u16, symbol: u8, lowest: bool, bits: u8) -> u32 {
    let lowest = if lowest { LOWEST } else { 0 };
    (next as u32) << 16 | (symbol as u32) << 8 | lowest | bits as u32
}

/// The bit of an entry that marks its symbol's lowest state, on which an intact tile ends.
pub const LOWEST: u32 = 1 << 7;

/// Writes the entries of all `2^P` states of a table to the front of `entries`, and zeros after
/// them.
pub fn entries(table: &Table, entries: &mut [u32; 1 << MAX_PROB_BITS]) {
    entries.fill(0);
    let prob_bits = u32::from(table.prob_bits());
    table.for_each_state(|state, symbol, within| {
        let bits = prob_bits - u32::from(within).ilog2();
        let next = (u32::from(within) << bits) - (1 << prob_bits);
        let lowest = within == table.frequencies()[usize::from(symbol)];
        entries[usize::from(state)] = entry(next as u16, symbol, lowest, bits as u8);
    });
}
