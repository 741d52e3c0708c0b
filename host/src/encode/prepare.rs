//! What is decided for all tiles of a tensor, and what has to be known of them before one can be coded.

use super::histogram::Histogram;
use super::per_tile::PerTile;
use super::symbols::Residuals;
use super::tiles::{TileChoice, TilePolicy, TileScratch};
use super::waves::in_order;
use super::workspace::Batch;
use crate::Result;
use crate::memory::reuse;
use std::ops::Range;
use wcodec_codec::format::{LANES, PlaneCodec, ROW_BYTES};
use wcodec_cpu::Rows;

/// Most tiles that a thread does at a time.
const MOST_BATCH_TILES: usize = 16;
/// Batches that keep all threads busy to the end, where there are tiles enough.
const ENOUGH_BATCHES: usize = 64;

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

/// All tiles, ready to be coded.
#[derive(Default)]
pub struct Prepared {
    pub choices: Vec<TileChoice>,
    /// Counts of each tile's symbols, for codecs that have any.
    pub histograms: Vec<Histogram>,
    pub exceptions: PerTile<u32>,
    /// The symbols and the rows of the stored plane, where symbols are of pairs: to make them again takes longer.
    symbols: PerTile<u8>,
    planes: PerTile<u8>,
}

impl Prepared {
    /// Decides every tile, counts its symbols and takes its exceptions; what was prepared before is gone.
    pub fn prepare(&mut self, policy: &TilePolicy<'_>, in_hand: &mut Vec<Batch>) -> Result<()> {
        let batches = Batches::of(policy.source.grid.tile_count() as usize);
        self.clear();
        if policy.codec.has_pairs() {
            let lane_elements = policy.source.split.lane_elements();
            let lanes = (policy.source.data.len().div_ceil(ROW_BYTES) * LANES) as u64;
            let bytes = |a_lane: usize| lanes * a_lane as u64;
            reuse(&mut self.symbols.values, bytes(policy.codec.steps(lane_elements)), SYMBOLS)?;
            let plane = bytes(policy.codec.stored_plane_bytes(lane_elements));
            reuse(&mut self.planes.values, plane, PLANE)?;
        }
        let make = |number: usize, Batch { scratch, prepared, .. }: &mut Batch| {
            prepared.clear();
            for tile in batches.tiles(number) {
                prepared.add(policy, tile as u32, scratch);
            }
        };
        in_order(batches.count(), in_hand, make, |batch| self.append(&batch.prepared))
    }

    /// A tile's symbols; residuals, where they are that, of what is read again.
    pub fn symbols<'a>(
        &'a self,
        policy: &'a TilePolicy<'_>,
        tile: usize,
        scratch: &'a mut TileScratch,
    ) -> Rows<'a> {
        if !policy.codec.has_pairs() {
            return policy.read_residuals(tile as u32, self.choices[tile], &mut scratch.read).rows;
        }
        let row = LANES * policy.codec.steps(policy.source.split.lane_elements());
        Rows::new(self.symbols.of(tile), row, row)
    }

    /// Writes the rows of a tile's stored plane as they are stored.
    pub fn write_plane(
        &self,
        policy: &TilePolicy<'_>,
        tile: usize,
        scratch: &mut TileScratch,
        out: &mut [u8],
    ) {
        if policy.codec.has_pairs() {
            out.copy_from_slice(&self.planes.of(tile)[..out.len()]);
        } else {
            policy.write_plane(tile as u32, self.choices[tile], scratch, out);
        }
    }

    fn clear(&mut self) {
        self.choices.clear();
        self.histograms.clear();
        self.exceptions.clear();
        self.symbols.clear();
        self.planes.clear();
    }

    fn add(&mut self, policy: &TilePolicy<'_>, tile: u32, scratch: &mut TileScratch) {
        let choice = policy.choose(tile, &mut scratch.read);
        self.choices.push(choice);
        if policy.codec.has_symbols() || policy.codec.has_ranks() {
            let residuals = policy.residuals(tile, choice, &mut scratch.read);
            self.add_symbols(policy.codec, residuals, choice.base);
        }
        if policy.codec.has_ranks() {
            self.exceptions.values.extend_from_slice(&scratch.read.exceptions);
        }
        self.exceptions.end_tile();
        self.symbols.end_tile();
        self.planes.end_tile();
    }

    fn add_symbols(&mut self, codec: PlaneCodec, residuals: Residuals<'_>, base: u8) {
        if codec.has_pairs() {
            let start = self.symbols.values.len();
            residuals.append_pairs(codec, base, &mut self.symbols.values);
            residuals.append_plane(codec, base, &mut self.planes.values);
            self.histograms.push(Histogram::of(&self.symbols.values[start..]));
        } else if codec.has_symbols() {
            self.histograms.push(Histogram::of_rows(residuals.rows.together().iter()));
        }
    }

    fn append(&mut self, tiles: &Self) -> Result<()> {
        self.choices.extend_from_slice(&tiles.choices);
        self.histograms.extend_from_slice(&tiles.histograms);
        self.exceptions.append(&tiles.exceptions, "exceptions")?;
        self.symbols.append(&tiles.symbols, SYMBOLS)?;
        self.planes.append(&tiles.planes, PLANE)
    }
}

/// What memory is for.
const SYMBOLS: &str = "the symbols of a tensor";
const PLANE: &str = "the stored plane of a tensor";
