//! A frequency table from counts.

use crate::encode::histogram::{Counts, entropy_bits};
use crate::encode::log2::log2;
use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::ops::RangeInclusive;
use wcodec_codec::format::Table;

/// The table that fits `counts` best with `prob_bits` probability bits.
pub fn fit(counts: &Counts, prob_bits: u8) -> Table {
    new_table(prob_bits, normalise(&counts.0, 1 << prob_bits))
}

/// The table with the fewest of these probability bits that takes at most `1 + tolerance` times
/// the bits of the best one, its own bytes included: finer probabilities code better, but those
/// of 128 and more take two bytes each.
pub fn fit_within(counts: &Counts, tolerance: f64, prob_bits: RangeInclusive<u8>) -> Table {
    // No table codes better than the counts themselves.
    let enough = entropy_bits(counts.0) * (1.0 + tolerance);
    let mut fits = Vec::new();
    for prob_bits in prob_bits {
        let frequencies = normalise(&counts.0, 1 << prob_bits);
        let bits = bits(counts, prob_bits, &frequencies);
        if bits <= enough {
            return new_table(prob_bits, frequencies);
        }
        fits.push((bits, prob_bits, frequencies));
    }
    let least = fits.iter().map(|(bits, ..)| *bits).fold(f64::INFINITY, f64::min);
    let within = fits.into_iter().find(|(bits, ..)| *bits <= least * (1.0 + tolerance));
    let (_, prob_bits, frequencies) = within.expect("the best is among them");
    new_table(prob_bits, frequencies)
}

fn new_table(prob_bits: u8, frequencies: [u16; 256]) -> Table {
    Table::new(prob_bits, frequencies).expect("normalised counts make a table")
}

/// Bits to code so many symbols under a table, and to store it.
fn bits(counts: &Counts, prob_bits: u8, frequencies: &[u16; 256]) -> f64 {
    let logs = frequencies.map(|frequency| log2(f32::from(frequency.max(1))));
    let bits = logs.map(|log| f64::from(f32::from(prob_bits) - log));
    let coded: f64 = counts.0.iter().zip(bits).map(|(&count, bits)| count as f64 * bits).sum();
    coded + stored_bits(frequencies)
}

/// Bits to store a table.
pub fn stored_bits(frequencies: &[u16; 256]) -> f64 {
    let bytes = |&frequency: &u16| u32::from(frequency > 0) + u32::from(frequency >= 128);
    let front = 1 + 256 / 8;
    f64::from(8 * (front + frequencies.iter().map(bytes).sum::<u32>()))
}

/// Frequencies in proportion to `counts` that add up to `sum`: at least 1 for each symbol that
/// occurs, and at least two symbols, as a table has.
fn normalise(counts: &[u64; 256], sum: u32) -> [u16; 256] {
    let total: u64 = counts.iter().sum();
    let scale = f64::from(sum) / total.max(1) as f64;
    let mut frequencies = counts.map(|count| match count {
        0 => 0,
        _ => ((count as f64 * scale + 0.5) as u32).clamp(1, sum - 1),
    });
    let mut unused = (0..256).filter(|&symbol| counts[symbol] == 0);
    while frequencies.iter().filter(|&&frequency| frequency > 0).count() < 2 {
        frequencies[unused.next().expect("at most one symbol is used")] = 1;
    }
    fix_sum(counts, &mut frequencies, sum);
    frequencies.map(|frequency| frequency as u16)
}

/// Makes the frequencies add up to `sum`, one at a time where that gains most or costs least.
fn fix_sum(counts: &[u64; 256], frequencies: &mut [u32; 256], sum: u32) {
    let have: u32 = frequencies.iter().sum();
    let grow = have < sum;
    if have == sum {
        return;
    }
    // The cost to each symbol of one more, or one less; only the changed symbol's cost changes.
    let loss = |symbol: usize, frequency: u32| {
        let changed = if grow { frequency + 1 } else { frequency.saturating_sub(1) };
        let can_change = frequency > u32::from(!grow);
        let bits = log2(frequency as f32 / changed as f32);
        if can_change { counts[symbol] as f64 * f64::from(bits) } else { f64::INFINITY }
    };
    let change = |symbol: usize, frequency: u32| Change { loss: loss(symbol, frequency), symbol };
    let used = (0..256).filter(|&symbol| frequencies[symbol] > 0);
    let mut changes: BinaryHeap<Reverse<Change>> =
        used.map(|symbol| Reverse(change(symbol, frequencies[symbol]))).collect();
    for _ in 0..have.abs_diff(sum) {
        // 256 symbols never need more than the smallest sum of 256, so there is always one that can
        // change.
        let mut least = changes.peek_mut().expect("there are two symbols or more");
        let symbol = least.0.symbol;
        let frequency = &mut frequencies[symbol];
        *frequency = if grow { *frequency + 1 } else { *frequency - 1 };
        *least = Reverse(change(symbol, *frequency));
    }
}

/// The cost of changing a symbol's frequency by one; of equal costs the first symbol's is the
/// least.
#[derive(Clone, Copy)]
struct Change {
    loss: f64,
    symbol: usize,
}

impl Ord for Change {
    fn cmp(&self, other: &Self) -> Ordering {
        self.loss.total_cmp(&other.loss).then(self.symbol.cmp(&other.symbol))
    }
}

impl PartialOrd for Change {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Change {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Change {}

#[cfg(test)]
mod tests {
    use super::*;
    use wcodec_codec::format::{MAX_PROB_BITS, MIN_PROB_BITS};

    /// About `total` symbols: each eight values half as often as those before them, but once.
    fn halving(values: usize, total: u64) -> Counts {
        Counts(std::array::from_fn(|at| match at < values {
            true => (total >> (at / 8 + 4).min(63)).max(1),
            false => 0,
        }))
    }

    #[test]
    fn no_width_of_probabilities_is_smaller() {
        let all = MIN_PROB_BITS..=MAX_PROB_BITS;
        let mut widths = Vec::new();
        for (values, total) in [(2, 100), (40, 3000), (200, 9000), (256, 1 << 20), (90, 1 << 30)] {
            let counts = halving(values, total);
            let bits = |table: &Table| bits(&counts, table.prob_bits(), table.frequencies());
            let best = fit_within(&counts, 0.0, all.clone());
            for prob_bits in all.clone() {
                let other = fit(&counts, prob_bits);
                assert!(bits(&best) <= bits(&other), "{values} values, {prob_bits} bits");
            }
            widths.push(best.prob_bits());
        }
        assert!(widths.iter().min() < widths.iter().max(), "all of one width: {widths:?}");
    }

    #[test]
    fn tables_take_the_bits_that_are_counted() {
        for values in [2, 40, 256] {
            let table = fit(&halving(values, 1 << 16), 11);
            let mut bytes = 0;
            table.write(|_| bytes += 1);
            assert_eq!(stored_bits(table.frequencies()), f64::from(8 * bytes));
        }
    }
}
