//! What is decided for all tiles of a tensor, and what has to be known of them before one can be coded.

use super::histogram::Histogram;
use super::per_tile::PerTile;
use super::tiles::{TileChoice, TilePolicy, TileScratch};
use super::waves::in_order;
use crate::Result;
use crate::memory::reserve;
use std::ops::Range;
use wcodec_cpu::Rows;
use wcodec_kernels::format::{LANE_BYTES, LANES, PlaneCodec};

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
    /// The symbols and the rows of the coded plane, where they are kept.
    symbols: PerTile<u8>,
    planes: PerTile<u8>,
}

/// What a thread makes of a batch.
#[derive(Default)]
struct Batch {
    scratch: TileScratch,
    prepared: Prepared,
}

impl Prepared {
    /// Decides every tile, counts its symbols and takes its exceptions.
    pub fn of(policy: &TilePolicy<'_>) -> Result<Self> {
        let batches = Batches::of(policy.source.grid.tile_count() as usize);
        let mut all = Self::default();
        if keeps_prepared(policy.codec) {
            let lane_elements = policy.source.split.lane_elements();
            let lanes = (policy.source.data.len() / LANE_BYTES) as u64;
            let bytes = |a_lane: usize| lanes * a_lane as u64;
            all.symbols.values = reserve(bytes(policy.codec.steps(lane_elements)), SYMBOLS)?;
            all.planes.values =
                reserve(bytes(policy.codec.coded_plane_bytes(lane_elements)), PLANE)?;
        }
        let make = |number: usize, Batch { scratch, prepared }: &mut Batch| {
            prepared.clear();
            for tile in batches.tiles(number) {
                prepared.add(policy, tile as u32, scratch);
            }
        };
        in_order(batches.count(), make, |batch| all.append(&batch.prepared))?;
        Ok(all)
    }

    /// A tile's symbols, made again in `scratch` where they are nowhere else.
    pub fn symbols<'a>(
        &'a self,
        policy: &'a TilePolicy<'_>,
        tile: usize,
        scratch: &'a mut TileScratch,
    ) -> Rows<'a> {
        if !keeps_prepared(policy.codec) {
            return policy.prepare(tile as u32, self.choices[tile], scratch);
        }
        let row = LANES * policy.codec.steps(policy.source.split.lane_elements());
        Rows::new(self.symbols.of(tile), row, row)
    }

    /// Writes the rows of a tile's coded plane as they are stored.
    pub fn write_plane(
        &self,
        policy: &TilePolicy<'_>,
        tile: usize,
        scratch: &mut TileScratch,
        out: &mut [u8],
    ) {
        if keeps_prepared(policy.codec) {
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
        let choice = match policy.residuals_in_place(tile) {
            Some(_) => TileChoice::PLAIN,
            None => policy.choose(tile, &mut scratch.read),
        };
        self.choices.push(choice);
        if policy.codec.has_symbols() {
            let symbols = policy.prepare_read(tile, choice, scratch).together();
            self.histograms.push(Histogram::of_rows(symbols.iter()));
            if keeps_prepared(policy.codec) {
                symbols.iter().for_each(|row| self.symbols.values.extend_from_slice(row));
                policy.append_plane(choice, scratch, &mut self.planes.values);
            }
        } else if policy.codec.has_ranks() {
            policy.prepare_read(tile, choice, scratch);
        }
        if policy.codec.has_ranks() {
            self.exceptions.values.extend_from_slice(&scratch.read.exceptions);
        }
        self.exceptions.end_tile();
        self.symbols.end_tile();
        self.planes.end_tile();
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
const PLANE: &str = "the coded plane of a tensor";

/// Whether symbols and coded planes of all tiles are kept: where that takes less time than to make them again.
fn keeps_prepared(codec: PlaneCodec) -> bool {
    matches!(codec, PlaneCodec::TansPair | PlaneCodec::TansCrumb)
}
