//! The tiles of a tensor, ready to be coded: their symbols' counts, from which tables are made, and all that was made on the
//! way.

use super::batches::Batches;
use super::choose::TileChooser;
use super::histogram::Histogram;
use super::ordered_map::ordered_map;
use super::per_tile::PerTile;
use super::plan::TilePlan;
use super::residuals::{TileReader, TileScratch};
use super::symbols::Residuals;
use crate::Result;
use crate::memory::reuse;
use wcodec_codec::format::{LANES, PlaneCodec, ROW_BYTES};
use wcodec_cpu::Rows;

/// Memory for some tiles, which a thread prepares at a time.
#[derive(Default)]
pub struct PreparedBatch {
    scratch: TileScratch,
    prepared: Prepared,
}

/// All tiles, ready to be coded.
#[derive(Default)]
pub struct Prepared {
    /// For each tile what was chosen.
    pub choices: Vec<TilePlan>,
    /// Counts of each tile's symbols, for codecs that have any.
    pub histograms: Vec<Histogram>,
    pub exceptions: PerTile<u32>,
    /// The symbols and the rows of the stored plane, where symbols are of pairs: to make them again takes longer.
    symbols: PerTile<u8>,
    planes: PerTile<u8>,
}

impl Prepared {
    /// Decides every tile, counts its symbols and takes its exceptions; what was prepared before is gone.
    pub fn prepare(
        &mut self,
        chooser: &TileChooser<'_>,
        in_hand: &mut Vec<PreparedBatch>,
    ) -> Result<()> {
        let TileReader { tensor, codec } = chooser.reader;
        let batches = Batches::of(tensor.grid.tile_count() as usize);
        self.clear();
        if codec.has_pairs() {
            let lane_elements = tensor.split.lane_elements();
            let lanes = (tensor.data.len().div_ceil(ROW_BYTES) * LANES) as u64;
            let bytes = |a_lane: usize| lanes * a_lane as u64;
            reuse(&mut self.symbols.values, bytes(codec.steps(lane_elements)), SYMBOLS)?;
            let plane = bytes(codec.stored_plane_bytes(lane_elements));
            reuse(&mut self.planes.values, plane, PLANE)?;
        }
        let make = |number: usize, PreparedBatch { scratch, prepared }: &mut PreparedBatch| {
            prepared.clear();
            for tile in batches.tiles(number) {
                prepared.add(chooser, tile as u32, scratch);
            }
        };
        ordered_map(batches.count(), in_hand, make, |batch| self.append(&batch.prepared))
    }

    /// A tile's symbols; residuals, where they are that, of what is read again.
    pub fn symbols<'a>(
        &'a self,
        reader: &'a TileReader<'_>,
        plan: TilePlan,
        tile: usize,
        scratch: &'a mut TileScratch,
    ) -> Rows<'a> {
        if !reader.codec.has_pairs() {
            return reader.read_residuals(tile as u32, plan, &mut scratch.read).rows;
        }
        let row = LANES * reader.codec.steps(reader.tensor.split.lane_elements());
        Rows::new(self.symbols.of(tile), row, row)
    }

    /// Writes the rows of a tile's stored plane as they are stored.
    pub fn write_plane(
        &self,
        reader: &TileReader<'_>,
        plan: TilePlan,
        tile: usize,
        scratch: &mut TileScratch,
        out: &mut [u8],
    ) {
        if reader.codec.has_pairs() {
            out.copy_from_slice(&self.planes.of(tile)[..out.len()]);
        } else {
            reader.write_plane(tile as u32, plan, scratch, out);
        }
    }

    fn clear(&mut self) {
        self.choices.clear();
        self.histograms.clear();
        self.exceptions.clear();
        self.symbols.clear();
        self.planes.clear();
    }

    fn add(&mut self, chooser: &TileChooser<'_>, tile: u32, scratch: &mut TileScratch) {
        let choice = chooser.choose(tile, &mut scratch.read);
        let codec = chooser.reader.codec;
        self.choices.push(choice);
        if codec.has_symbols() {
            let residuals = chooser.reader.residuals(tile, choice, &mut scratch.read);
            self.add_symbols(codec, residuals, choice.base);
        }
        if codec.has_ranks() {
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
