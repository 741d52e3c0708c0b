//! Tables shared by tiles with like statistics: rows of weights differ in scale, and so in entropy.

use super::costs::{Costs, cheapest};
use super::groups::Learning;
use super::model::{fit, fit_within, stored_bits};
use crate::encode::histogram::{Counts, Histogram};
use rayon::prelude::*;
use std::ops::RangeInclusive;
use wcodec_codec::format::{MAX_PROB_BITS, Table};

/// Tables for a tensor, and the number of the table that each tile uses.
pub struct Clustering {
    pub tables: Vec<Table>,
    pub table_of_tile: Vec<u8>,
}

/// Clusters tiles by the histograms of their symbols: the fewest tables within `1 + tolerance`
/// times the bits of the best number, the bits to store them included; tables have one of these
/// numbers of probability bits.
pub fn cluster(
    histograms: &[Histogram],
    tolerance: f64,
    prob_bits: RangeInclusive<u8>,
) -> Clustering {
    let costs = Learning::from(histograms, tolerance == 0.0).fewest_groups(tolerance);
    let fit = |counts: &Counts| fit_within(counts, tolerance / 10.0, prob_bits.clone());
    Clustering::assign(histograms, &costs, fit)
}

/// Bits to code with at most `tables` tables as well as clustering can, the tables and each row's
/// choice included.
pub fn bits_with_tables(rows: &[Histogram], tables: usize) -> f64 {
    let largest = rows.iter().map(Histogram::total).max().unwrap_or(0);
    if largest == 0 {
        return 0.0;
    }
    // Rows of many millions are halved until they are as long as those that learning is made for.
    let shift = (u64::BITS - largest.leading_zeros()).saturating_sub(MOST_BITS_OF_TOTAL);
    let rows: Vec<Histogram> =
        rows.iter().map(|row| Histogram(row.0.map(|count| count >> shift))).collect();
    let costs = Learning::from(&rows, true).groups(tables);
    let clustering = Clustering::assign(&rows, &costs, |counts| fit(counts, MAX_PROB_BITS));
    clustering.coding_bits(&rows) * f64::from(1u32 << shift)
        + clustering.tables.iter().map(|table| stored_bits(table.frequencies())).sum::<f64>()
        + rows.len() as f64 * (tables as f64).log2()
}

/// Bits of a row's total, of which so many are learned from that their sum fits 31 bits.
const MOST_BITS_OF_TOTAL: u32 = 21;

impl Clustering {
    /// Gives each tile the group that costs it least, and each group that has tiles a table.
    fn assign(
        histograms: &[Histogram],
        costs: &[Costs],
        fit: impl Fn(&Counts) -> Table + Sync,
    ) -> Self {
        let group_of_tile: Vec<u8> = match costs {
            [_] => vec![0; histograms.len()],
            _ => histograms.par_iter().map(|tile| cheapest(costs, tile)).collect(),
        };
        let mut counts = vec![Counts([0; 256]); costs.len()];
        for (histogram, &group) in histograms.iter().zip(&group_of_tile) {
            counts[usize::from(group)].add(histogram);
        }
        // Numbered by their first tiles.
        let mut number = vec![None; costs.len()];
        let mut used = Vec::new();
        let mut number_of = |group: u8| {
            *number[usize::from(group)].get_or_insert_with(|| {
                used.push(usize::from(group));
                used.len() as u8 - 1
            })
        };
        let table_of_tile = group_of_tile.into_iter().map(&mut number_of).collect();
        let tables = used.into_par_iter().map(|group| fit(&counts[group])).collect();
        Self { tables, table_of_tile }
    }

    /// Bits to code the tiles' symbols.
    fn coding_bits(&self, histograms: &[Histogram]) -> f64 {
        let costs: Vec<Costs> = self.tables.iter().map(Costs::under).collect();
        let tiles = histograms.iter().zip(&self.table_of_tile);
        tiles.map(|(tile, &table)| costs[usize::from(table)].bits(tile)).sum()
    }
}
