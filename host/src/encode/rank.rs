//! The base of a tile for the pair codecs: which sixteen residuals have ranks (FORMAT.md section 5).

use super::histogram::Histogram;
use std::ops::Range;
use wcodec_kernels::format::MAX_RANK;

/// What an exception costs: its place in the list.
pub const EXCEPTION_BITS: f64 = 32.0;

/// The lowest base, under which there is a residual for every rank, and how many bases there are.
const LEAST_BASE: usize = MAX_RANK as usize;
const BASES: usize = 256 - LEAST_BASE;

/// What each rank is taken to cost, in bits, while bases are chosen.
#[derive(Clone)]
pub struct RankCosts([f64; 16]);

/// The residual that has rank `rank` below `base`.
fn residual_of(base: u8, rank: usize) -> usize {
    usize::from(base) - rank
}

impl RankCosts {
    /// Learns costs from tiles: bases that leave the fewest exceptions first, then twice those that cost least
    /// under the ranks these gave.
    pub fn learn(histograms: &[&Histogram]) -> Self {
        let mut costs = Self([1.0; 16]);
        for _ in 0..3 {
            let mut counts = [1u64; 16];
            for histogram in histograms {
                let base = costs.best_base(histogram);
                for (rank, count) in counts.iter_mut().enumerate() {
                    *count += u64::from(histogram.0[residual_of(base, rank)]);
                }
            }
            let total: u64 = counts.iter().sum();
            costs = Self(counts.map(|count| (total as f64 / count as f64).log2()));
        }
        costs
    }

    /// The base that codes the residuals in `histogram` most cheaply, exceptions included.
    pub fn best_base(&self, histogram: &Histogram) -> u8 {
        let first = histogram.0.iter().position(|&count| count > 0).unwrap_or(0);
        let last = histogram.0.iter().rposition(|&count| count > 0).unwrap_or(0);
        // A base beyond `last + 15` ranks nothing, one below `first` neither.
        let bases = first.max(LEAST_BASE)..(last + LEAST_BASE).min(255) + 1;
        let bits = self.bits(histogram, bases.clone());
        let costs = bases.zip(bits);
        costs.min_by(|a, b| a.1.total_cmp(&b.1)).map_or(MAX_RANK, |(base, _)| base as u8)
    }

    /// What the residuals cost under each of some bases, from [`LEAST_BASE`] on.
    fn bits(&self, histogram: &Histogram, bases: Range<usize>) -> [f64; BASES] {
        let exception = EXCEPTION_BITS + self.cheapest();
        let mut bits = [0.0; BASES];
        let mut left = [histogram.total() as f64; BASES];
        // A rank for all bases at once, which takes far less time than the ranks of one after another.
        for (rank, cost) in self.0.iter().enumerate() {
            let counts = &histogram.0[bases.start - rank..bases.end - rank];
            for ((bits, left), &count) in bits.iter_mut().zip(&mut left).zip(counts) {
                *bits += f64::from(count) * cost;
                *left -= f64::from(count);
            }
        }
        bits.iter_mut().zip(left).for_each(|(bits, left)| *bits += left * exception);
        bits
    }

    fn cheapest(&self) -> f64 {
        self.0.iter().copied().fold(f64::INFINITY, f64::min)
    }
}

/// Counts of the ranks below `base`, and of the exceptions.
pub fn rank_counts(histogram: &Histogram, base: u8) -> ([u64; 16], u64) {
    let ranks = std::array::from_fn(|rank| histogram.0[residual_of(base, rank)].into());
    (ranks, histogram.total() - ranks.iter().sum::<u64>())
}

/// The residual with the most common rank: what padding and exceptions are given.
pub fn commonest_residual(histogram: &Histogram, base: u8) -> u8 {
    let (ranks, _) = rank_counts(histogram, base);
    let most = (0..16).max_by_key(|&rank| ranks[rank]).expect("there are 16 ranks");
    residual_of(base, most) as u8
}
