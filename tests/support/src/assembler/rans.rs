//! Section 6.4, backwards: from the symbols of a lane to its words.

use super::entropy::{Lane, Reading};
use super::table::Table;

/// The least that a state is.
const LOWEST: u64 = 1 << 16;

/// A lane, whose readings are those of the decoder after each symbol.
pub fn lane(symbols: &[u8], table: &Table) -> Lane {
    let mut readings = vec![Reading::default(); symbols.len()];
    let first_slot = |symbol: u8| table.frequency[..usize::from(symbol)].iter().sum::<u32>();
    let Some((&last, others)) = symbols.split_last() else { unreachable!("a tile has symbols") };
    // "the state of its last symbol is `2^16 + c[s]`"
    let mut x = LOWEST + u64::from(first_slot(last));
    for (reading, &symbol) in readings.iter_mut().zip(others).rev() {
        let f = u64::from(table.frequency[usize::from(symbol)]);
        let first = u64::from(first_slot(symbol));
        let back = |x: u64| (x / f) * (1 << table.precision) + first + x % f;
        // What the decoder goes on to before it takes bits is below 2^16 where it takes some, and the
        // state it comes from is below 2^32.
        if back(x) >= 1 << 32 {
            *reading = Reading { bits: 16, value: (x % LOWEST) as u32 };
            x /= LOWEST;
        }
        x = back(x);
    }
    let mut halves: Vec<u32> = readings.iter().filter(|r| r.bits > 0).map(|r| r.value).collect();
    let mut read = 32;
    let mut first = x as u32;
    if halves.len() % 2 == 1 {
        halves.insert(0, first & 0xFFFF);
        first >>= 16;
        read = 48;
    }
    let mut words = vec![first];
    words.extend(halves.chunks(2).map(|pair| pair[0] << 16 | pair[1]));
    Lane { readings, words, taken: 0, read }
}
