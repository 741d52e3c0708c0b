//! Counts of bytes, and their entropy.

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
        self.0.iter().map(|&count| u64::from(count)).sum()
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
        let mut sum = [0; 256];
        for histogram in histograms {
            for (sum, &count) in sum.iter_mut().zip(&histogram.0) {
                *sum += u64::from(count);
            }
        }
        Self(sum)
    }
}

/// The order-0 entropy of counts, in bits for all of them together.
pub fn entropy_bits(counts: impl IntoIterator<Item = u64> + Clone) -> f64 {
    let total: u64 = counts.clone().into_iter().sum();
    let bits = |count: u64| count as f64 * (total as f64 / count as f64).log2();
    counts.into_iter().filter(|&count| count > 0).map(bits).sum()
}

impl Histogram {
    /// The order-0 entropy, in bits for all that was counted.
    pub fn entropy_bits(&self) -> f64 {
        entropy_bits(self.0.map(u64::from))
    }
}
