//! Tables shared by tiles with like statistics: rows of weights differ in scale, and so in entropy.

use super::model::{Costs, Model};
use crate::encode::histogram::{Counts, Histogram};
use rayon::prelude::*;
use std::ops::RangeInclusive;
use wcodec_codec::format::{MAX_PROB_BITS, MAX_TABLES};

/// The most tiles that clusters are learned from: for the best result, and for one near to it.
const MOST_TILES: usize = 1024;
const MOST_TILES_NEAR: usize = 256;
const ROUNDS: usize = 5;

/// Numbers of groups tried; one table more stands for all tiles.
const GROUPS: [usize; 4] = [2, 4, 8, MAX_TABLES - 1];

/// Tables for a tensor, and the number of the table that each tile uses.
pub struct Clustering {
    pub models: Vec<Model>,
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
    let most = if tolerance > 0.0 { MOST_TILES_NEAR } else { MOST_TILES };
    let models = Learning::from(histograms, most).fewest_tables(tolerance);
    Clustering::assign(histograms, models).finish(histograms, tolerance, prob_bits)
}

/// Bits to code with at most `tables` tables as well as clustering can, the tables and each tile's
/// choice included.
pub fn bits_with_tables(histograms: &[Histogram], tables: usize) -> f64 {
    if histograms.is_empty() {
        return 0.0;
    }
    let learning = Learning::from(histograms, MOST_TILES);
    let models = if tables == 1 || histograms.len() <= tables {
        vec![learning.of_all]
    } else {
        learning.tables(tables - 1)
    };
    let clustering = Clustering::assign(histograms, models);
    clustering.bits(histograms) + histograms.len() as f64 * (tables as f64).log2()
}

impl Clustering {
    /// Gives each tile the table that costs it least; tables without tiles are dropped.
    fn assign(histograms: &[Histogram], models: Vec<Model>) -> Self {
        let costs: Vec<&Costs> = models.iter().map(|model| &model.costs).collect();
        let mut table_of_tile: Vec<u8> =
            histograms.par_iter().map(|histogram| cheapest(&costs, histogram).0).collect();
        let mut number = vec![None; models.len()];
        let mut kept = Vec::new();
        for table in &mut table_of_tile {
            let old = usize::from(*table);
            *table = *number[old].get_or_insert_with(|| {
                kept.push(models[old].clone());
                kept.len() as u8 - 1
            });
        }
        Self { models: kept, table_of_tile }
    }

    /// Bits to code the tiles' symbols and to store the tables.
    pub fn bits(&self, histograms: &[Histogram]) -> f64 {
        let tiles = histograms.iter().zip(&self.table_of_tile);
        let coding: f64 =
            tiles.map(|(tile, &table)| self.models[usize::from(table)].costs.bits(tile)).sum();
        coding + self.models.iter().map(Model::stored_bits).sum::<f64>()
    }

    /// Fits each table to the tiles that use it, with as few probability bits as the tolerance
    /// allows.
    fn finish(
        mut self,
        histograms: &[Histogram],
        tolerance: f64,
        prob_bits: RangeInclusive<u8>,
    ) -> Self {
        for (table, model) in self.models.iter_mut().enumerate() {
            let tiles = histograms.iter().zip(&self.table_of_tile);
            let own = tiles.filter(|(_, of)| usize::from(**of) == table).map(|(tile, _)| tile);
            *model = Model::fit_within(&Counts::sum(own), tolerance / 10.0, prob_bits.clone());
        }
        self
    }
}

/// The data that tables are learned from.
struct Learning<'a> {
    /// Some of the tiles, ordered by bits a symbol under a table of their own.
    tiles: Vec<&'a Histogram>,
    /// The bits of all of them under tables of their own.
    own_bits: f64,
    /// The number of tiles that each of these stands for.
    weight: f64,
    /// The model of all tiles, which has a table entry for every symbol that a group may lack.
    of_all: Model,
}

impl<'a> Learning<'a> {
    fn from(histograms: &'a [Histogram], most: usize) -> Self {
        let stride = histograms.len().div_ceil(most).max(1);
        let with_bits = |tile: &'a Histogram| (tile, tile.entropy_bits());
        let mut tiles: Vec<_> = histograms.par_iter().step_by(stride).map(with_bits).collect();
        let own_bits = tiles.iter().map(|(_, bits)| bits).sum();
        let a_symbol = |(tile, bits): &(&Histogram, f64)| bits / tile.total().max(1) as f64;
        tiles.sort_by(|a, b| a_symbol(a).total_cmp(&a_symbol(b)));
        Self {
            own_bits,
            weight: histograms.len() as f64 / tiles.len() as f64,
            tiles: tiles.into_iter().map(|(tile, _)| tile).collect(),
            of_all: Model::fit(&Counts::sum(histograms), MAX_PROB_BITS),
        }
    }

    /// The fewest tables within `1 + tolerance` times the bits of the best number.
    fn fewest_tables(&self, tolerance: f64) -> Vec<Model> {
        let single = vec![self.of_all.clone()];
        let mut best_bits = self.bits(&single);
        // No set of tables beats one for each tile, so where that saves little the search can be
        // spared.
        if self.own_bits * self.weight >= best_bits / (1.0 + tolerance) {
            return single;
        }
        let mut candidates = vec![(best_bits, single)];
        for groups in GROUPS.into_iter().take_while(|&groups| groups < self.tiles.len()) {
            let tables = self.tables(groups);
            let bits = self.bits(&tables);
            best_bits = best_bits.min(bits);
            candidates.push((bits, tables));
        }
        let fewest =
            candidates.into_iter().find(|(bits, _)| *bits <= best_bits * (1.0 + tolerance));
        fewest.expect("the best is among them").1
    }

    /// A table for each of `groups` groups, and that of all tiles: by Lloyd's algorithm, with bits
    /// for a distance, from quantiles of the order.
    fn tables(&self, groups: usize) -> Vec<Model> {
        let quantiles = self.tiles.chunks(self.tiles.len().div_ceil(groups));
        let mut counts: Vec<Counts> =
            quantiles.map(|tiles| Counts::sum(tiles.iter().copied())).collect();
        for _ in 1..ROUNDS {
            let costs: Vec<Costs> = counts.iter().map(Costs::of).collect();
            let costs: Vec<&Costs> = costs.iter().collect();
            let nearest: Vec<u8> =
                self.tiles.par_iter().map(|tile| cheapest(&costs, tile).0).collect();
            let members = |group: usize| {
                let tiles = self.tiles.iter().zip(&nearest);
                tiles.filter(move |(_, of)| usize::from(**of) == group).map(|(tile, _)| *tile)
            };
            let groups = (0..counts.len()).filter(|&group| members(group).next().is_some());
            counts = groups.map(|group| Counts::sum(members(group))).collect();
        }
        let tables = counts.iter().map(|counts| Model::fit(counts, MAX_PROB_BITS));
        tables.chain([self.of_all.clone()]).collect()
    }

    /// Bits to code all tiles, as far as these tell, and to store the tables.
    fn bits(&self, tables: &[Model]) -> f64 {
        let costs: Vec<&Costs> = tables.iter().map(|table| &table.costs).collect();
        // Summed in order, or the number of threads would tell.
        let coding: Vec<f64> = self.tiles.par_iter().map(|tile| cheapest(&costs, tile).1).collect();
        coding.iter().sum::<f64>() * self.weight
            + tables.iter().map(Model::stored_bits).sum::<f64>()
    }
}

/// The number of the costs under which `histogram` takes the fewest bits, the first of equals, and
/// these bits.
fn cheapest(costs: &[&Costs], histogram: &Histogram) -> (u8, f64) {
    let bits = costs.iter().map(|costs| costs.bits(histogram));
    let least = bits.enumerate().min_by(|a, b| a.1.total_cmp(&b.1));
    least.map_or((0, 0.0), |(number, bits)| (number as u8, bits))
}
