//! The base of a tile for codecs with ranks: the window of residuals, sixteen or sixteen times
//! four, that have ranks (FORMAT.md section 5).

use crate::encode::histogram::Histogram;
use crate::encode::spread::spread;
use std::ops::Range;
use wcodec_codec::format::PlaneCodec;
use wcodec_codec::plane::Ranks;

/// The bits of an exception: its entry in the list.
pub const EXCEPTION_BITS: f64 = 32.0;

/// The most bases that a codec has.
const MOST_BASES: usize = 256;

/// The most tiles that costs are learned from.
const MOST_LEARNED: usize = 16;

/// The assumed cost of each rank under a codec, in bits, while bases are chosen.
#[derive(Clone)]
pub struct RankCosts {
    ranks: Option<Ranks>,
    bits: [f64; 16],
}

impl RankCosts {
    /// Learns costs from some of the tiles: bases that leave the fewest exceptions first, then twice
    /// those that cost least under the ranks these gave. A codec without ranks has no costs.
    pub fn learn(codec: PlaneCodec, histograms: &[&Histogram]) -> Self {
        let mut costs = Self { ranks: codec.ranks(), bits: [1.0; 16] };
        let Some(ranks) = costs.ranks else {
            return costs;
        };
        for _ in 0..3 {
            let mut counts = [1u64; 16];
            for tile in spread(histograms.len(), MOST_LEARNED) {
                let histogram = histograms[tile];
                let (found, _) = rank_counts(ranks, histogram, costs.base(histogram));
                counts.iter_mut().zip(found).for_each(|(count, found)| *count += found);
            }
            let total: u64 = counts.iter().sum();
            costs.bits = counts.map(|count| (total as f64 / count as f64).log2());
        }
        costs
    }

    /// The base that codes the residuals in `histogram` most cheaply, exceptions included; 0 for a
    /// codec without ranks.
    pub fn base(&self, histogram: &Histogram) -> u8 {
        let Some(ranks) = self.ranks else {
            return 0;
        };
        let least = ranks.least_base();
        let bases = if least == 0 {
            0..MOST_BASES
        } else {
            let first = histogram.0.iter().position(|&count| count > 0).unwrap_or(0);
            let last = histogram.0.iter().rposition(|&count| count > 0).unwrap_or(0);
            // A base further above `last` ranks nothing, one below `first` neither.
            first.max(least.into())..(last + usize::from(least)).min(255) + 1
        };
        let bits = self.bits(ranks, histogram, bases.clone());
        let costs = bases.zip(bits);
        costs.min_by(|a, b| a.1.total_cmp(&b.1)).map_or(least, |(base, _)| base as u8)
    }

    /// The cost of the residuals under each of some bases of the codec.
    fn bits(&self, ranks: Ranks, histogram: &Histogram, bases: Range<usize>) -> [f32; MOST_BASES] {
        let exception = EXCEPTION_BITS + self.cheapest();
        let low_bits = ranks.low_bits;
        let counts = counts_of_ranks(histogram, low_bits);
        // Twice, as residuals below a low base wrap; signed integers become floats in less time.
        let counts: [f32; 2 * MOST_BASES] =
            std::array::from_fn(|at| counts[at % MOST_BASES] as i32 as f32);
        let bases = bases.start + MOST_BASES..bases.end + MOST_BASES;
        let mut bits = [(histogram.total() as f64 * exception) as f32; MOST_BASES];
        // Some ranks for all bases at once, which takes far less time than the ranks of one after
        // another.
        for (number, costs) in self.bits.as_chunks::<4>().0.iter().enumerate() {
            let saved = costs.map(|cost| (exception - cost) as f32);
            let [a, b, c, d] = std::array::from_fn(|rank| {
                let below = (4 * number + rank) << low_bits;
                &counts[bases.start - below..bases.end - below]
            });
            let counts = a.iter().zip(b).zip(c.iter().zip(d));
            for (bits, ((a, b), (c, d))) in bits.iter_mut().zip(counts) {
                *bits -= (a * saved[0] + b * saved[1]) + (c * saved[2] + d * saved[3]);
            }
        }
        bits
    }

    fn cheapest(&self) -> f64 {
        self.bits.iter().copied().fold(f64::INFINITY, f64::min)
    }
}

/// `counts[r]`: residuals in the rank whose highest member is `r`.
fn counts_of_ranks(histogram: &Histogram, low_bits: u32) -> [u32; 256] {
    (0..low_bits).fold(histogram.0, |counts, bit| {
        std::array::from_fn(|residual| {
            counts[residual] + counts[(residual + 256 - (1 << bit)) % 256]
        })
    })
}

/// Counts of the ranks below `base`, and of the exceptions.
pub fn rank_counts(ranks: Ranks, histogram: &Histogram, base: u8) -> ([u64; 16], u64) {
    let counts = counts_of_ranks(histogram, ranks.low_bits);
    let counts =
        std::array::from_fn(|rank| counts[usize::from(highest_of(ranks, base, rank))].into());
    (counts, histogram.total() - counts.iter().sum::<u64>())
}

/// The highest residual with the most common rank, which stands in for padding and exceptions.
pub fn commonest_residual(ranks: Ranks, histogram: &Histogram, base: u8) -> u8 {
    let (counts, _) = rank_counts(ranks, histogram, base);
    let most = (0..Ranks::COUNT).max_by_key(|&rank| counts[rank]).expect("there are 16 ranks");
    highest_of(ranks, base, most)
}

/// The highest residual that has rank `rank` below `base`: the one whose low bits are 0.
fn highest_of(ranks: Ranks, base: u8, rank: usize) -> u8 {
    base.wrapping_sub((rank << ranks.low_bits) as u8)
}
