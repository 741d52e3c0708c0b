//! The base of a tile for the pair codecs: which sixteen residuals have ranks (FORMAT.md section 5).

use super::histogram::Histogram;
use wcodec_kernels::format::MAX_RANK;

/// What an exception costs: its place in the list.
pub const EXCEPTION_BITS: f64 = 32.0;

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
        let bases = first.max(MAX_RANK.into())..=(last + usize::from(MAX_RANK)).min(255);
        let total = histogram.total();
        bases
            .map(|base| (self.bits(histogram, base as u8, total), base as u8))
            .min_by(|a, b| a.0.total_cmp(&b.0))
            .map_or(MAX_RANK, |(_, base)| base)
    }

    fn bits(&self, histogram: &Histogram, base: u8, total: u64) -> f64 {
        let mut ranked = 0;
        let mut bits = 0.0;
        for (rank, cost) in self.0.iter().enumerate() {
            let count = histogram.0[residual_of(base, rank)];
            ranked += u64::from(count);
            bits += f64::from(count) * cost;
        }
        bits + (total - ranked) as f64 * (EXCEPTION_BITS + self.cheapest())
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
