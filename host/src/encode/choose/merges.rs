//! Merging groups of tiles: a table less is stored, and its tiles are coded worse.

use crate::encode::histogram::Histogram;

/// Tiles that share a table.
#[derive(Clone)]
pub struct Group {
    pub counts: Histogram,
    /// Bits to code its tiles, and to store its table.
    pub bits: f64,
}

impl Group {
    /// A group of tiles that have these counts, each of which stands for `weight`.
    pub fn of(counts: Histogram, weight: f64) -> Self {
        let beyond = counts.missing_bits() * (weight - 1.0);
        let bits = counts.entropy_bits() * weight + beyond + table_bits(&counts);
        Self { counts, bits }
    }

    fn merge(&self, other: &Self, weight: f64) -> Self {
        let mut counts = self.counts.clone();
        counts.add(&other.counts);
        Self::of(counts, weight)
    }
}

/// Bits of all groups.
pub fn bits(groups: &[Group]) -> f64 {
    groups.iter().map(|group| group.bits).sum()
}

/// The division into the fewest groups that takes at most `1 + tolerance` times the bits of the
/// best. There is one.
pub fn fewest(divisions: Vec<Vec<Group>>, tolerance: f64) -> Vec<Group> {
    let least = divisions.iter().map(|groups| bits(groups)).fold(f64::INFINITY, f64::min);
    let within = divisions.into_iter().filter(|groups| bits(groups) <= least * (1.0 + tolerance));
    let by_number =
        |a: &Vec<Group>, b: &Vec<Group>| a.len().cmp(&b.len()).then(bits(a).total_cmp(&bits(b)));
    within.min_by(by_number).expect("the best is among them")
}

/// These groups, and divisions into fewer and fewer, down to one: those two are merged of which
/// that costs least.
pub fn merged(groups: Vec<Group>, weight: f64) -> Vec<Vec<Group>> {
    let mut divisions = vec![groups];
    let mut merges = Merges::of(&divisions[0], weight);
    while let Some((kept, gone)) = merges.cheapest() {
        let mut groups = divisions.last().expect("the first is there").clone();
        groups[kept] = groups[kept].merge(&groups[gone], weight);
        groups.remove(gone);
        merges.update(&groups, kept, gone, weight);
        divisions.push(groups);
    }
    divisions
}

/// Bits that merging two groups costs; it saves bits where they are negative.
struct Merges {
    /// For each group, for each before it.
    losses: Vec<Vec<f64>>,
}

impl Merges {
    fn of(groups: &[Group], weight: f64) -> Self {
        let of_pair = |a: &Group, b: &Group| a.merge(b, weight).bits - a.bits - b.bits;
        let of_group = |at: usize| {
            let before = groups[..at].iter();
            before.map(|other| of_pair(&groups[at], other)).collect()
        };
        Self { losses: (0..groups.len()).map(of_group).collect() }
    }

    /// The two groups of which merging costs least: one, and one after it.
    fn cheapest(&self) -> Option<(usize, usize)> {
        let pairs = self.losses.iter().enumerate();
        let pairs = pairs.flat_map(|(gone, before)| {
            before.iter().enumerate().map(move |(kept, &loss)| (loss, (kept, gone)))
        });
        pairs.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, pair)| pair)
    }

    /// Follows a merge that made group `kept` another, and took `gone` away.
    fn update(&mut self, groups: &[Group], kept: usize, gone: usize, weight: f64) {
        self.losses.remove(gone);
        for before in &mut self.losses[gone..] {
            before.remove(gone);
        }
        let merged = &groups[kept];
        for (at, other) in groups.iter().enumerate().filter(|&(at, _)| at != kept) {
            let (first, second) = (at.min(kept), at.max(kept));
            let loss = merged.merge(other, weight).bits - merged.bits - other.bits;
            self.losses[second][first] = loss;
        }
    }
}

/// Bits that a table for these counts takes, about: frequencies of a thirty-second and more take
/// two bytes.
fn table_bits(counts: &Histogram) -> f64 {
    let total = counts.total();
    let large = counts.0.iter().filter(|&&count| 32 * u64::from(count) >= total.max(1)).count();
    (8 * (33 + counts.values() + large)) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A group of two symbols.
    fn group(symbol: usize, counts: [u32; 2]) -> Group {
        let mut histogram = Histogram([0; 256]);
        histogram.0[symbol..][..2].copy_from_slice(&counts);
        Group::of(histogram, 1.0)
    }

    #[test]
    fn likes_are_merged_first() {
        let groups = vec![
            group(0, [500, 500]),
            group(7, [10, 90000]),
            group(0, [520, 480]),
            group(7, [90000, 10]),
            group(7, [20, 90000]),
        ];
        let divisions = merged(groups, 1.0);
        assert_eq!(divisions.iter().map(Vec::len).collect::<Vec<_>>(), [5, 4, 3, 2, 1]);
        let first_counts = |groups: &[Group], symbol: usize| {
            groups.iter().map(|group| group.counts.0[symbol]).collect::<Vec<_>>()
        };
        assert_eq!(first_counts(&divisions[2], 0), [1020, 0, 0]);
        assert_eq!(first_counts(&divisions[2], 7), [0, 30, 90000]);
        assert!(
            bits(&divisions[2]) < bits(&divisions[0]) && bits(&divisions[2]) < bits(&divisions[4])
        );
    }

    #[test]
    fn a_merged_group_has_the_bits_of_both() {
        let (a, b) = (group(3, [5, 9]), group(4, [7, 1]));
        let together = merged(vec![a, b], 2.0).pop().unwrap();
        let mut counts = Histogram([0; 256]);
        counts.0[3..6].copy_from_slice(&[5, 16, 1]);
        assert_eq!(bits(&together), Group::of(counts, 2.0).bits);
    }
}
