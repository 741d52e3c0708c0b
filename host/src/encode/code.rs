//! All tiles of a tensor: what was decided for them, and their symbols and exceptions coded.

use super::cluster::Clustering;
use super::histogram::Histogram;
use super::tiles::{TileChoice, TilePolicy, TileScratch};
use super::waves::in_order;
use crate::Result;
use crate::memory::append;
use rayon::prelude::*;
use std::ops::Range;
use wcodec_cpu::{CpuWarp, EncodingTable, TileSymbols};

/// Most tiles that a thread does at a time.
const MOST_BATCH_TILES: usize = 16;
/// Batches that keep all threads busy to the end, where there are tiles enough.
const ENOUGH_BATCHES: usize = 64;

/// What coding needs to know beyond what was selected for the tensor.
#[derive(Clone, Copy)]
pub struct Coding {
    pub warp: CpuWarp,
    /// States a lane, for codecs that have any.
    pub states: u8,
    /// What fewer tables and simpler predictors may cost, as a part of the size.
    pub tolerance: f64,
}

/// Tiles that a thread does at a time.
#[derive(Clone, Copy)]
pub struct Batches {
    tiles: usize,
    batch: usize,
}

impl Batches {
    pub fn of(tiles: usize) -> Self {
        Self { tiles, batch: (tiles / ENOUGH_BATCHES).clamp(1, MOST_BATCH_TILES) }
    }

    pub fn count(self) -> usize {
        self.tiles.div_ceil(self.batch)
    }

    /// The tiles of a batch.
    pub fn tiles(self, number: usize) -> Range<usize> {
        let first = number * self.batch;
        first..(first + self.batch).min(self.tiles)
    }
}

/// Decides every tile and counts its symbols.
pub fn choose_all(policy: &TilePolicy<'_>) -> (Vec<TileChoice>, Vec<Histogram>) {
    let has_symbols = policy.codec.has_symbols();
    (0..policy.source.grid.tile_count())
        .into_par_iter()
        .map_init(TileScratch::default, |scratch, tile| {
            let choice = policy.choose(tile, scratch);
            if !has_symbols {
                return (choice, None);
            }
            policy.prepare_read(tile, choice, scratch);
            (choice, Some(Histogram::of(&scratch.symbols)))
        })
        .fold(<(Vec<_>, Vec<_>)>::default, |(mut choices, mut histograms), (choice, histogram)| {
            choices.push(choice);
            histograms.extend(histogram);
            (choices, histograms)
        })
        .reduce(<(Vec<_>, Vec<_>)>::default, |(mut choices, mut histograms), behind| {
            choices.extend(behind.0);
            histograms.extend(behind.1);
            (choices, histograms)
        })
}

/// Where the words and exceptions of each tile end, and the exceptions.
pub struct Coded {
    pub ends: Vec<(u64, u64)>,
    pub exceptions: Vec<u32>,
}

/// What a thread makes of a batch.
#[derive(Default)]
struct Batch {
    scratch: TileScratch,
    words: Vec<u32>,
    exceptions: Vec<u32>,
    /// Where each tile's end.
    ends: Vec<(usize, usize)>,
}

/// Codes the tiles, and appends their words to `blob`.
pub fn code_all(
    policy: &TilePolicy<'_>,
    choices: &[TileChoice],
    clustering: &Clustering,
    coding: Coding,
    blob: &mut Vec<u8>,
) -> Result<Coded> {
    let mut coded = Coded { ends: Vec::with_capacity(choices.len()), exceptions: Vec::new() };
    if !policy.codec.has_symbols() && !policy.codec.has_ranks() {
        coded.ends.resize(choices.len(), (0, 0));
        return Ok(coded);
    }
    let tables: Vec<EncodingTable> =
        clustering.models.iter().map(|model| EncodingTable::new(&model.table)).collect();
    let steps = policy.codec.steps(policy.source.split.lane_elements());
    let batches = Batches::of(choices.len());
    let make = |number: usize, batch: &mut Batch| {
        batch.clear();
        for tile in batches.tiles(number) {
            policy.prepare(tile as u32, choices[tile], &mut batch.scratch);
            if policy.codec.has_symbols() {
                let table = &tables[usize::from(clustering.table_of_tile[tile])];
                let TileScratch { symbols, words, .. } = &mut batch.scratch;
                let symbols = TileSymbols { symbols, steps, states: coding.states };
                coding.warp.encode_tile(table, symbols, words, &mut batch.words);
            }
            batch.end_tile();
        }
    };
    let start = blob.len();
    in_order(batches.count(), make, |batch| {
        let (words, exceptions) = ((blob.len() - start) / 4, coded.exceptions.len());
        let ends = batch.ends.iter().map(|&(w, e)| ((words + w) as u64, (exceptions + e) as u64));
        coded.ends.extend(ends);
        coded.exceptions.extend_from_slice(&batch.exceptions);
        append_integers(blob, &mut batch.words)
    })?;
    Ok(coded)
}

impl Batch {
    fn clear(&mut self) {
        self.words.clear();
        self.exceptions.clear();
        self.ends.clear();
    }

    /// Closes the tile whose words are there, with its exceptions.
    fn end_tile(&mut self) {
        self.exceptions.extend_from_slice(&self.scratch.exceptions);
        self.ends.push((self.words.len(), self.exceptions.len()));
    }
}

/// Appends integers of 32 bits, little-endian.
pub fn append_integers(blob: &mut Vec<u8>, integers: &mut [u32]) -> Result<()> {
    integers.iter_mut().for_each(|integer| *integer = integer.to_le());
    append(blob, bytemuck::cast_slice(integers), "a blob")
}
