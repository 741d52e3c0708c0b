//! The decoder's look-up table: an entry of 32 bits for each slot.

use crate::format::{MAX_PROB_BITS, Table};

/// Where an entry has the frequency of its symbol.
pub(super) const FREQUENCY_SHIFT: u32 = 20;
/// Where it has the slot's number among the symbol's, of as many bits.
pub(super) const WITHIN_SHIFT: u32 = 8;
/// The bits of a number in a table, and of a slot's among all.
pub(super) const WITHIN_MASK: u32 = (1 << MAX_PROB_BITS) - 1;

/// Writes the entries of all `2^P` slots of a table, again and again, so that the lowest
/// [`MAX_PROB_BITS`] bits of a state find the entry of its slot whatever `P` is. The lowest byte of an
/// entry is the symbol.
pub fn slots(table: &Table, entries: &mut [u32; 1 << MAX_PROB_BITS]) {
    let count = 1 << table.prob_bits();
    let mut slot = 0;
    for (symbol, &frequency) in table.frequencies().iter().enumerate() {
        for within in 0..u32::from(frequency) {
            entries[slot] =
                u32::from(frequency) << FREQUENCY_SHIFT | within << WITHIN_SHIFT | symbol as u32;
            slot += 1;
        }
    }
    for slot in count..entries.len() {
        entries[slot] = entries[slot - count];
    }
}
