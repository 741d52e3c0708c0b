//! Counts of bytes, and their entropy.

use super::log2::log2;
use std::f64::consts::LOG2_E;

/// The number of occurrences of each byte value.
#[derive(Clone, PartialEq, Eq)]
pub struct Histogram(pub [u32; 256]);

impl Histogram {
    /// Counts `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self::of_rows([bytes])
    }

    /// Counts the bytes of all `rows`.
    pub fn of_rows<'a>(rows: impl IntoIterator<Item = &'a [u8]>) -> Self {
        // Four sub-tables: equal neighbours, which weights are full of, would wait for each other's
        // increments.
        let mut counts = [[0u32; 256]; 4];
        for row in rows {
            let (fours, rest) = row.as_chunks::<4>();
            for four in fours {
                for (count, &byte) in counts.iter_mut().zip(four) {
                    count[usize::from(byte)] += 1;
                }
            }
            for &byte in rest {
                counts[0][usize::from(byte)] += 1;
            }
        }
        let [mut sums, others @ ..] = counts;
        for counts in others {
            sums.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
        }
        Self(sums)
    }

    /// The number of bytes counted.
    pub fn total(&self) -> u64 {
        const SUMS: usize = 8;
        // Several sums, which a CPU adds to at once.
        let mut sums = [0; SUMS];
        for counts in self.0.as_chunks::<SUMS>().0 {
            sums.iter_mut().zip(counts).for_each(|(sum, &count)| *sum += u64::from(count));
        }
        sums.iter().sum()
    }

    /// The value counted most often, the smallest of those.
    pub fn mode(&self) -> u8 {
        let most = self.0.iter().max().expect("there are 256 counts");
        self.0.iter().position(|count| count == most).expect("it is one of them") as u8
    }

    /// The counts of the high nibbles.
    pub fn high_nibbles(&self) -> [u32; 16] {
        std::array::from_fn(|nibble| self.0[16 * nibble..][..16].iter().sum())
    }
}

/// Counts of many tiles together.
#[derive(Clone)]
pub struct Counts(pub [u64; 256]);

impl Counts {
    /// The sum of histograms.
    pub fn sum<'a>(histograms: impl IntoIterator<Item = &'a Histogram>) -> Self {
        let mut sum = Self([0; 256]);
        histograms.into_iter().for_each(|histogram| sum.add(histogram));
        sum
    }

    /// Adds the counts of a tile.
    pub fn add(&mut self, histogram: &Histogram) {
        self.0.iter_mut().zip(&histogram.0).for_each(|(sum, &count)| *sum += u64::from(count));
    }
}

/// The order-0 entropy of counts, in bits for all of them together.
pub fn entropy_bits(counts: impl IntoIterator<Item = u64> + Clone) -> f64 {
    let total: u64 = counts.clone().into_iter().sum();
    let bits = |count: u64| count as f64 * (total as f64 / count as f64).log2();
    counts.into_iter().filter(|&count| count > 0).map(bits).sum()
}

impl Histogram {
    /// The order-0 entropy, in bits for all that was counted, to the precision of [`log2`].
    pub fn entropy_bits(&self) -> f64 {
        const SUMS: usize = 8;
        let total = self.total();
        if total > i32::MAX as u64 {
            return entropy_bits(self.0.map(u64::from));
        }
        // Several sums, as additions of floats are not reordered.
        let mut sums = [0f32; SUMS];
        for counts in self.0.as_chunks::<SUMS>().0 {
            // As most are where there are few symbols: a logarithm of 1 adds nothing.
            if counts.iter().fold(0, |all, count| all | count) <= 1 {
                continue;
            }
            for (sum, &count) in sums.iter_mut().zip(counts) {
                // Signed integers become floats in less time.
                *sum += count as i32 as f32 * log2(count.max(1) as i32 as f32);
            }
        }
        let total = total.max(1) as f32;
        let own = sums.iter().map(|&sum| f64::from(sum)).sum::<f64>();
        (f64::from(total * log2(total)) - own).max(0.0)
    }

    /// The number of values that occur.
    pub fn values(&self) -> usize {
        self.0.iter().filter(|&&count| count > 0).count()
    }

    /// The bits by which a sample has less entropy than what it is from: half a bit in base e for
    /// each value but one (Miller and Madow).
    pub fn missing_bits(&self) -> f64 {
        self.values().saturating_sub(1) as f64 / 2.0 * LOG2_E
    }

    /// Adds the counts of another.
    pub fn add(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(sum, count)| *sum += count);
    }
}
