//! The tiles of a tensor, ready to be coded: the choice for each, the counts of its symbols, from
//! which tables are made, its exceptions, and the symbols themselves where making them again takes
//! longer than keeping them.

use super::histogram::Histogram;
use super::per_tile::PerTile;
use super::plan::TilePlan;
use super::residuals::{TileReader, TileScratch};
use crate::Result;
use crate::memory::reuse;
use wcodec_codec::format::{LANES, ROW_BYTES};
use wcodec_cpu::Rows;

/// All tiles, ready to be coded.
#[derive(Default)]
pub struct Prepared {
    /// The choice for each tile.
    pub choices: Vec<TilePlan>,
    /// Counts of each tile's symbols, for codecs that have any.
    pub histograms: Vec<Histogram>,
    pub exceptions: PerTile<u32>,
    /// The symbols and the rows of the stored plane, where symbols are of pairs: making them again
    /// takes longer.
    pub(super) symbols: PerTile<u8>,
    pub(super) planes: PerTile<u8>,
}

/// The purposes of memory, for the message that there is none.
const SYMBOLS: &str = "the symbols of a tensor";
const PLANE: &str = "the stored plane of a tensor";

impl Prepared {
    /// Reserves room for the symbols and the stored plane of a tensor.
    pub(super) fn reserve_pairs(
        &mut self,
        TileReader { tensor, codec }: &TileReader<'_>,
    ) -> Result<()> {
        let lane_elements = tensor.split.lane_elements();
        let lanes = (tensor.data.len().div_ceil(ROW_BYTES) * LANES) as u64;
        let bytes = |a_lane: usize| lanes * a_lane as u64;
        reuse(&mut self.symbols.values, bytes(codec.steps(lane_elements)), SYMBOLS)?;
        reuse(&mut self.planes.values, bytes(codec.stored_plane_bytes(lane_elements)), PLANE)
    }

    /// A tile's symbols. Where symbols are residuals, the tile is read again.
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

    pub(super) fn clear(&mut self) {
        self.choices.clear();
        self.histograms.clear();
        self.exceptions.clear();
        self.symbols.clear();
        self.planes.clear();
    }

    /// Adds tiles after those that are here.
    pub(super) fn append(&mut self, tiles: &Self) -> Result<()> {
        self.choices.extend_from_slice(&tiles.choices);
        self.histograms.extend_from_slice(&tiles.histograms);
        self.exceptions.append(&tiles.exceptions, "exceptions")?;
        self.symbols.append(&tiles.symbols, SYMBOLS)?;
        self.planes.append(&tiles.planes, PLANE)
    }
}
