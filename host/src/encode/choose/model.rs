//! A frequency table from counts, and the cost of coding with it.

use crate::encode::histogram::{Counts, Histogram};
use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::ops::RangeInclusive;
use wcodec_codec::format::Table;

/// Bits a symbol; very many for one that cannot be coded.
#[derive(Clone)]
pub struct Costs([f32; 256]);

/// Makes a tile's choice of costs that lack one of its symbols hopeless, without the trouble of
/// infinities.
const MISSING_SYMBOL_BITS: f32 = 1e9;

impl Costs {
    /// The costs under the best code for `counts`.
    pub fn of(counts: &Counts) -> Self {
        let total = (counts.0.iter().sum::<u64>() as f32).log2();
        Self(counts.0.map(|count| match count {
            0 => MISSING_SYMBOL_BITS,
            _ => total - (count as f32).log2(),
        }))
    }

    /// The costs under a table.
    pub fn under(table: &Table) -> Self {
        Self(table.frequencies().map(|frequency| match frequency {
            0 => MISSING_SYMBOL_BITS,
            _ => f32::from(table.prob_bits()) - f32::from(frequency).log2(),
        }))
    }

    /// Bits to code a tile's symbols.
    pub fn bits(&self, histogram: &Histogram) -> f64 {
        const SUMS: usize = 8;
        // Several sums, as additions of floats are not reordered; and signed, which a tile's counts
        // fit, as unsigned integers take longer to become floats.
        let mut sums = [0f32; SUMS];
        let bits = self.0.as_chunks::<SUMS>().0;
        for (counts, bits) in histogram.0.as_chunks::<SUMS>().0.iter().zip(bits) {
            for ((sum, &count), bits) in sums.iter_mut().zip(counts).zip(bits) {
                *sum += count as i32 as f32 * bits;
            }
        }
        f64::from(sums.iter().sum::<f32>())
    }

    fn bits_of_counts(&self, counts: &Counts) -> f64 {
        counts.0.iter().zip(&self.0).map(|(&n, &bits)| n as f64 * f64::from(bits)).sum()
    }
}

/// A table and the costs under it.
#[derive(Clone)]
pub struct Model {
    pub table: Table,
    pub costs: Costs,
}

impl Model {
    /// The model that fits `counts` best with `prob_bits` probability bits.
    pub fn fit(counts: &Counts, prob_bits: u8) -> Self {
        let frequencies = normalise(&counts.0, 1 << prob_bits);
        let table = Table::new(prob_bits, frequencies).expect("normalised counts make a table");
        let costs = Costs::under(&table);
        Self { table, costs }
    }

    /// The model with the fewest of these probability bits that takes at most `1 + tolerance` times
    /// the bits of the best one, its own bytes included: finer probabilities code better, but those
    /// of 128 and more take two bytes each.
    pub fn fit_within(counts: &Counts, tolerance: f64, prob_bits: RangeInclusive<u8>) -> Self {
        let sized = |prob_bits| {
            let model = Self::fit(counts, prob_bits);
            let bits = model.costs.bits_of_counts(counts) + model.stored_bits();
            (model, bits)
        };
        let models: Vec<(Self, f64)> = prob_bits.map(sized).collect();
        let least = models.iter().map(|(_, bits)| *bits).fold(f64::INFINITY, f64::min);
        let within = models.into_iter().find(|(_, bits)| *bits <= least * (1.0 + tolerance));
        within.expect("the best is among them").0
    }

    /// Bits to store the table.
    pub fn stored_bits(&self) -> f64 {
        let mut bytes = 0u32;
        self.table.write(|_| bytes += 1);
        f64::from(bytes * 8)
    }
}

/// Frequencies in proportion to `counts` that add up to `sum`: at least 1 for each symbol that
/// occurs, and at least two symbols, as a table has.
fn normalise(counts: &[u64; 256], sum: u32) -> [u16; 256] {
    let total: u64 = counts.iter().sum();
    let mut frequencies = counts.map(|count| match count {
        0 => 0,
        _ => ((count as f64 * f64::from(sum) / total as f64).round() as u32).clamp(1, sum - 1),
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
    // The cost to each symbol of one more, or one less; only the changed symbol's cost changes.
    let loss = |symbol: usize, frequency: u32| {
        let changed = if grow { frequency + 1 } else { frequency.saturating_sub(1) };
        let can_change = frequency > u32::from(!grow);
        let bits = (f64::from(frequency) / f64::from(changed)).ln();
        if can_change { counts[symbol] as f64 * bits } else { f64::INFINITY }
    };
    let change = |symbol: usize, frequency: u32| Change { loss: loss(symbol, frequency), symbol };
    let mut changes: BinaryHeap<Reverse<Change>> =
        (0..256).map(|symbol| Reverse(change(symbol, frequencies[symbol]))).collect();
    for _ in 0..have.abs_diff(sum) {
        // 256 symbols never need more than the smallest sum of 256, so there is always one that can
        // change.
        let mut least = changes.peek_mut().expect("there are 256 symbols");
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
            let bits = |model: &Model| model.costs.bits_of_counts(&counts) + model.stored_bits();
            let best = Model::fit_within(&counts, 0.0, all.clone());
            for prob_bits in all.clone() {
                let other = Model::fit(&counts, prob_bits);
                assert!(bits(&best) <= bits(&other), "{values} values, {prob_bits} bits");
            }
            widths.push(best.table.prob_bits());
        }
        assert!(widths.iter().min() < widths.iter().max(), "all of one width: {widths:?}");
    }
}
