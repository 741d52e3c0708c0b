//! The bits that symbols cost.

use crate::encode::histogram::Histogram;
use crate::encode::log2::log2;
use wcodec_codec::format::Table;

/// Bits a symbol; very many for one that cannot be coded.
#[derive(Clone)]
pub struct Costs([f32; 256]);

/// Makes a tile's choice of costs that lack one of its symbols hopeless, without the trouble of
/// infinities.
const MISSING_SYMBOL_BITS: f32 = 1e9;

/// The part of a group's symbols that stands for those of other tiles.
const OTHERS: f32 = 1.0 / 256.0;

impl Costs {
    /// The costs in a group of tiles, of which some have these counts, for any of the tiles that
    /// have the counts `all`: a tile that has a symbol which the group lacks may still be nearest
    /// to it.
    pub fn of_group(group: &Histogram, all: &Histogram) -> Self {
        let total = group.total().max(1) as f32;
        let others = OTHERS * total / all.total().max(1) as f32;
        let whole = log2(total * (1.0 + OTHERS));
        let mut costs = [MISSING_SYMBOL_BITS; 256];
        for ((cost, &own), &all) in costs.iter_mut().zip(&group.0).zip(&all.0) {
            // Counts fit a signed integer, which becomes a float in less time.
            let count = own as i32 as f32 + others * all as i32 as f32;
            let bits = whole - log2(count);
            *cost = if count > 0.0 { bits } else { MISSING_SYMBOL_BITS };
        }
        Self(costs)
    }

    /// The costs under a table.
    pub fn under(table: &Table) -> Self {
        let prob_bits = f32::from(table.prob_bits());
        Self(table.frequencies().map(|frequency| match frequency {
            0 => MISSING_SYMBOL_BITS,
            _ => prob_bits - log2(f32::from(frequency)),
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
}

/// The number of the costs under which `histogram` takes the fewest bits, the first of equals.
pub fn cheapest(costs: &[Costs], histogram: &Histogram) -> u8 {
    let bits = costs.iter().map(|costs| costs.bits(histogram));
    let least = bits.enumerate().min_by(|a, b| a.1.total_cmp(&b.1));
    least.map_or(0, |(number, _)| number as u8)
}
