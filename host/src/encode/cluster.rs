//! Tables shared by tiles with like statistics: rows of weights differ in scale, and so in entropy.

use super::histogram::{Counts, Histogram};
use super::model::Model;
use rayon::prelude::*;
use wcodec_kernels::format::{MAX_PROB_BITS, MAX_TABLES};

/// Tiles that clusters are learned from; all tiles are then given the best of the tables.
const MAX_LEARNING_TILES: usize = 1024;
const ROUNDS: usize = 5;

/// Numbers of groups tried; one table more stands for all tiles.
const GROUPS: [usize; 4] = [2, 4, 8, MAX_TABLES - 1];

/// Tables for a tensor, and which of them each tile uses.
pub struct Clustering {
    pub models: Vec<Model>,
    pub table_of_tile: Vec<u8>,
}

/// Clusters tiles by the histograms of their symbols: the fewest tables within `1 + tolerance` times the bits
/// of the best number, the bits to store them included.
pub fn cluster(histograms: &[Histogram], tolerance: f64) -> Clustering {
    let single = Clustering::assign(histograms, vec![fit_all(histograms)]);
    let mut best_bits = single.bits(histograms);
    let own_bits: Vec<f64> = histograms.par_iter().map(Histogram::entropy_bits).collect();
    // No set of tables beats one for each tile, so where that saves little the search can be spared.
    if own_bits.iter().sum::<f64>() >= best_bits / (1.0 + tolerance) {
        return single.finish(histograms, tolerance);
    }
    let mut candidates = vec![(best_bits, single)];
    for groups in GROUPS.into_iter().take_while(|&groups| groups < histograms.len()) {
        let clustering = Clustering::assign(histograms, learn(histograms, &own_bits, groups));
        let bits = clustering.bits(histograms);
        best_bits = best_bits.min(bits);
        candidates.push((bits, clustering));
    }
    let (_, fewest) = candidates
        .into_iter()
        .find(|(bits, _)| *bits <= best_bits * (1.0 + tolerance))
        .expect("the best is among them");
    fewest.finish(histograms, tolerance)
}

/// Bits to code with at most `tables` tables as well as clustering can, the tables and each tile's choice included.
pub fn bits_with_tables(histograms: &[Histogram], tables: usize) -> f64 {
    if histograms.is_empty() {
        return 0.0;
    }
    let models = if tables == 1 || histograms.len() <= tables {
        vec![fit_all(histograms)]
    } else {
        let own_bits: Vec<f64> = histograms.par_iter().map(Histogram::entropy_bits).collect();
        learn(histograms, &own_bits, tables - 1)
    };
    let clustering = Clustering::assign(histograms, models);
    clustering.bits(histograms) + histograms.len() as f64 * (tables as f64).log2()
}

impl Clustering {
    /// Gives each tile the table that costs it least; tables without tiles are dropped.
    fn assign(histograms: &[Histogram], models: Vec<Model>) -> Self {
        let table_of_tile: Vec<u8> =
            histograms.par_iter().map(|histogram| cheapest(&models, histogram)).collect();
        let mut clustering = Self { models, table_of_tile };
        clustering.drop_unused();
        clustering
    }

    fn drop_unused(&mut self) {
        let mut number = vec![None; self.models.len()];
        let mut kept = Vec::new();
        for table in &mut self.table_of_tile {
            let old = usize::from(*table);
            *table = *number[old].get_or_insert_with(|| {
                kept.push(self.models[old].clone());
                kept.len() as u8 - 1
            });
        }
        self.models = kept;
    }

    /// Bits to code the tiles' symbols and to store the tables.
    pub fn bits(&self, histograms: &[Histogram]) -> f64 {
        let tiles = histograms.iter().zip(&self.table_of_tile);
        let coding: f64 =
            tiles.map(|(histogram, &table)| self.models[usize::from(table)].cost(histogram)).sum();
        coding + self.models.iter().map(Model::stored_bits).sum::<f64>()
    }

    /// Fits each table to the tiles that use it, with as few probability bits as the tolerance allows.
    fn finish(mut self, histograms: &[Histogram], tolerance: f64) -> Self {
        for (table, model) in self.models.iter_mut().enumerate() {
            let tiles = histograms.iter().zip(&self.table_of_tile);
            let own = tiles.filter(|(_, of)| usize::from(**of) == table).map(|(tile, _)| tile);
            *model = Model::fit_within(&Counts::sum(own), tolerance / 10.0);
        }
        self
    }
}

/// `groups` models by Lloyd's algorithm, with bits for a distance, from quantiles of the tiles' own entropy; and
/// one of all tiles, for those with a symbol that no group has.
fn learn(histograms: &[Histogram], own_bits: &[f64], groups: usize) -> Vec<Model> {
    let stride = histograms.len().div_ceil(MAX_LEARNING_TILES);
    let mut tiles: Vec<usize> = (0..histograms.len()).step_by(stride).collect();
    let bits_a_symbol = |tile: usize| own_bits[tile] / histograms[tile].total().max(1) as f64;
    tiles.sort_by(|&a, &b| bits_a_symbol(a).total_cmp(&bits_a_symbol(b)));
    let mut members: Vec<Vec<usize>> =
        tiles.chunks(tiles.len().div_ceil(groups)).map(<[usize]>::to_vec).collect();
    let mut models = Vec::new();
    for _ in 0..ROUNDS {
        members.retain(|members| !members.is_empty());
        models = members
            .iter()
            .map(|members| fit_all(members.iter().map(|&tile| &histograms[tile])))
            .collect();
        let nearest: Vec<u8> =
            tiles.par_iter().map(|&tile| cheapest(&models, &histograms[tile])).collect();
        members = vec![Vec::new(); models.len()];
        for (&tile, group) in tiles.iter().zip(nearest) {
            members[usize::from(group)].push(tile);
        }
    }
    models.push(fit_all(histograms));
    models
}

fn fit_all<'a>(histograms: impl IntoIterator<Item = &'a Histogram>) -> Model {
    Model::fit(&Counts::sum(histograms), MAX_PROB_BITS)
}

/// The model that codes `histogram` in the fewest bits, the first of equals.
fn cheapest(models: &[Model], histogram: &Histogram) -> u8 {
    let costs = models.iter().map(|model| model.cost(histogram));
    let best = costs.enumerate().min_by(|a, b| a.1.total_cmp(&b.1));
    best.map_or(0, |(number, _)| number as u8)
}
