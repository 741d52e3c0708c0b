//! Groups of tiles with like statistics, of which each gets a table.

use super::costs::{Costs, cheapest};
use super::merges::{Group, bits, fewest, merged};
use crate::encode::histogram::Histogram;
use crate::encode::spread::spread;
use rayon::prelude::*;
use wcodec_codec::format::MAX_TABLES;

/// The times that tiles move to the group that codes them best: for the best result, and for one
/// near to it.
const ROUNDS: usize = 4;
const ROUNDS_NEAR: usize = 2;

/// The part that a tile has in quantiles for itself, of that which it has for its bits.
const OF_NUMBER: f64 = 1.0;

/// The most tiles that groups are learned from, likewise.
const MOST_TILES: usize = 1024;
const MOST_TILES_NEAR: usize = 128;

/// Symbols of a group that a table may pay for.
const SYMBOLS_OF_GROUP: f64 = 16384.0;
const LEAST_GROUPS: usize = 4;
/// Groups that a sample is divided into.
const GROUPS_OF_SAMPLE: usize = 8;

/// Tiles that groups are made of.
pub struct Learning<'a> {
    /// Some of the tiles, ordered by bits a symbol under a table of their own, and these bits.
    tiles: Vec<(&'a Histogram, f64)>,
    /// The number of tiles that each of these stands for.
    weight: f64,
    /// The bits of these tiles, were each coded by what it is a sample of.
    own_bits: f64,
    /// The counts of these tiles together.
    all: Histogram,
    rounds: usize,
}

/// The bits of a tensor with `weight` times as many symbols as these samples of its tiles, in as
/// many groups as is best.
pub fn expected_bits(samples: &[Histogram], weight: f64) -> f64 {
    let groups = Learning::weighted(samples.iter(), weight, ROUNDS_NEAR)
        .nearest(GROUPS_OF_SAMPLE, GROUPS_OF_SAMPLE / 2);
    merged(groups, weight).iter().map(|groups| bits(groups)).fold(f64::INFINITY, f64::min)
}

impl<'a> Learning<'a> {
    /// Learns from some of the tiles, or more of them for the best result.
    pub fn from(histograms: &'a [Histogram], for_best: bool) -> Self {
        let (most, rounds) =
            if for_best { (MOST_TILES, ROUNDS) } else { (MOST_TILES_NEAR, ROUNDS_NEAR) };
        let tiles = spread(histograms.len(), most).map(|tile| &histograms[tile]);
        let weight = histograms.len() as f64 / tiles.len() as f64;
        Self::weighted(tiles, weight, rounds)
    }

    /// Learns from these tiles, each of which stands for `weight`.
    fn weighted(tiles: impl Iterator<Item = &'a Histogram>, weight: f64, rounds: usize) -> Self {
        let mut tiles: Vec<_> = tiles.map(|tile| (tile, tile.entropy_bits())).collect();
        let own_bits = tiles.iter().map(|(tile, bits)| bits + tile.missing_bits()).sum();
        let a_symbol = |(tile, bits): &(&Histogram, f64)| bits / tile.total().max(1) as f64;
        tiles.sort_by(|a, b| a_symbol(a).total_cmp(&a_symbol(b)));
        let mut all = Histogram([0; 256]);
        tiles.iter().for_each(|(tile, _)| all.add(tile));
        Self { tiles, weight, own_bits, all, rounds }
    }

    /// The costs in each of the fewest groups whose tables take at most `1 + tolerance` times the
    /// bits of the best number of groups.
    pub fn fewest_groups(&self, tolerance: f64) -> Vec<Costs> {
        let single = Group::of(self.all.clone(), self.weight);
        // No tables beat one for each tile, so where that saves little the search can be spared.
        let is_best = self.own_bits * self.weight >= single.bits / (1.0 + tolerance);
        let fewest = if is_best { vec![single] } else { fewest(self.divisions(), tolerance) };
        fewest.iter().map(|group| self.costs(group)).collect()
    }

    /// Divisions of the tiles into groups that have symbols enough for a table; for the best result
    /// into more, begun in two ways.
    fn divisions(&self) -> Vec<Vec<Group>> {
        if self.rounds == ROUNDS {
            let begun = [MAX_TABLES, 1].map(|quantiles| self.nearest(MAX_TABLES, quantiles));
            return begun.into_iter().flat_map(|groups| merged(groups, self.weight)).collect();
        }
        let enough = (self.all.total() as f64 * self.weight / SYMBOLS_OF_GROUP) as usize;
        let most = enough.clamp(LEAST_GROUPS, MAX_TABLES);
        merged(self.nearest(most, most / 2), self.weight)
    }

    /// The costs in each of `most` groups, or fewer where there are fewer tiles.
    pub fn groups(&self, most: usize) -> Vec<Costs> {
        let groups = self.nearest(most, most.div_ceil(2));
        groups.iter().map(|group| self.costs(group)).collect()
    }

    /// At most `most` groups by Lloyd's algorithm, with bits for a distance, from quantiles of the
    /// order, and from the tiles that these serve worst.
    fn nearest(&self, most: usize, quantiles: usize) -> Vec<Group> {
        if self.tiles.len() <= most {
            return self.grouped(0..self.tiles.len() as u8);
        }
        let costs = |groups: &[Group]| groups.iter().map(|group| self.costs(group)).collect();
        let quantiles = self.grouped(self.quantiles(quantiles));
        let mut begun = self.farthest(costs(&quantiles), most);
        for _ in 1..self.rounds {
            begun = costs(&self.assigned(&begun));
        }
        self.assigned(&begun)
    }

    /// The groups of the tiles that are nearest to each of these costs.
    fn assigned(&self, costs: &[Costs]) -> Vec<Group> {
        let tiles = self.tiles.par_iter();
        let group_of_tile: Vec<u8> = tiles.map(|(tile, _)| cheapest(costs, tile)).collect();
        self.grouped(group_of_tile)
    }

    /// These costs, and those of tiles until they are `most`: each time of the tile that loses most
    /// by what is there. The order alone does not tell kinds of the same entropy apart.
    fn farthest(&self, mut costs: Vec<Costs>, most: usize) -> Vec<Costs> {
        let least = |(tile, _): &(&Histogram, f64)| {
            costs.iter().map(|costs| costs.bits(tile)).fold(f64::INFINITY, f64::min)
        };
        let mut least: Vec<f64> = self.tiles.par_iter().map(least).collect();
        while costs.len() < most {
            let losses = std::iter::zip(&self.tiles, &least).map(|((_, own), least)| least - own);
            let farthest = losses.enumerate().max_by(|a, b| a.1.total_cmp(&b.1));
            let (farthest, _) = farthest.expect("there are more tiles than groups");
            let own = Costs::of_group(self.tiles[farthest].0, &self.all);
            for (least, (tile, _)) in least.iter_mut().zip(&self.tiles) {
                *least = least.min(own.bits(tile));
            }
            costs.push(own);
        }
        costs
    }

    /// The number of a quantile for each tile: of equal shares in the bits of all, as it is bits
    /// that groups save, and a little in their number.
    fn quantiles(&self, most: usize) -> Vec<u8> {
        let mean = self.tiles.iter().map(|(_, bits)| bits).sum::<f64>() / self.tiles.len() as f64;
        let share = |bits: &f64| bits + OF_NUMBER * mean.max(1.0);
        let whole: f64 = self.tiles.iter().map(|(_, bits)| share(bits)).sum();
        let mut before = 0.0;
        let quantile = |(_, bits): &(&Histogram, f64)| {
            let quantile = before / whole * most as f64;
            before += share(bits);
            (quantile as usize).min(most - 1) as u8
        };
        self.tiles.iter().map(quantile).collect()
    }

    /// The groups that have tiles, of these numbers.
    fn grouped(&self, group_of_tile: impl IntoIterator<Item = u8>) -> Vec<Group> {
        let mut counts = vec![Histogram([0; 256]); MAX_TABLES];
        for ((tile, _), group) in self.tiles.iter().zip(group_of_tile) {
            counts[usize::from(group)].add(tile);
        }
        let used = counts.into_iter().filter(|counts| counts.total() > 0);
        used.map(|counts| Group::of(counts, self.weight)).collect()
    }

    /// The costs in a group, for any tile.
    fn costs(&self, group: &Group) -> Costs {
        Costs::of_group(&group.counts, &self.all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tile of 4,096 symbols, spread evenly over some values, from a number on.
    fn tile(first: usize, values: usize) -> Histogram {
        let mut counts = [0; 256];
        counts[first..first + values].fill(4096 / values as u32);
        Histogram(counts)
    }

    fn group_of_each(costs: &[Costs], tiles: &[Histogram]) -> Vec<u8> {
        tiles.iter().map(|tile| cheapest(costs, tile)).collect()
    }

    #[test]
    fn each_kind_of_tiles_gets_a_group() {
        // Few tiles, which are groups each at first, and more than that.
        for number in [8, 100] {
            let tiles: Vec<_> = (0..number).map(|at| tile(at % 4 * 40, 8 << (at % 2))).collect();
            for for_best in [false, true] {
                let costs = Learning::from(&tiles, for_best).fewest_groups(0.0);
                assert_eq!(costs.len(), 4, "{number} tiles");
                let groups = group_of_each(&costs, &tiles);
                assert!(groups.iter().zip(&groups[4..]).all(|(a, b)| a == b), "{groups:?}");
            }
        }
    }

    #[test]
    fn tiles_of_one_kind_are_one_group() {
        let tiles = vec![tile(3, 16); 200];
        assert_eq!(Learning::from(&tiles, true).fewest_groups(0.0).len(), 1);
    }

    #[test]
    fn a_rare_symbol_does_not_keep_a_tile_from_its_kind() {
        let mut tiles: Vec<_> = (0..120).map(|at| tile(at % 2 * 100, 16)).collect();
        tiles[60].0[255] = 1;
        let costs = Learning::from(&tiles, true).fewest_groups(0.001);
        let groups = group_of_each(&costs, &tiles);
        assert_eq!((costs.len(), groups[60]), (2, groups[0]));
    }

    #[test]
    fn a_sample_expects_what_all_tiles_take() {
        let tiles: Vec<_> = (0..64).map(|at| tile(at % 2 * 100, 16)).collect();
        let symbols = 64.0 * 4096.0;
        // Four bits each, and two tables.
        let expected = expected_bits(&tiles, 10.0) / (10.0 * symbols);
        assert!((expected - 4.0).abs() < 0.01, "{expected}");
    }
}
