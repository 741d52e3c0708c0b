//! One tile at a time: its predictor, base, residuals and exceptions.

use super::histogram::{Histogram, entropy_bits};
use super::predict::residuals;
use super::rank::{RankCosts, commonest_residual, rank_counts};
use super::source::Source;
use super::symbols::{Residuals, find_exceptions, replace_exceptions};
use wcodec_codec::format::{PlaneCodec, Predictor, TileRect};
use wcodec_cpu::Rows;

/// How the tiles of a tensor are to be coded.
pub struct TilePolicy<'a> {
    pub source: Source<'a>,
    pub codec: PlaneCodec,
    /// The predictors to choose from, the fastest to undo first.
    pub predictors: &'a [Predictor],
    /// What a slower predictor must save, as a part of the tile's bits.
    pub tolerance: f64,
    /// What ranks cost, for codecs that have them.
    pub rank_costs: RankCosts,
}

/// What was decided for a tile.
#[derive(Clone, Copy)]
pub struct TileChoice {
    pub predictor: Predictor,
    pub base: u8,
    /// The residual that stands for exceptions and for what lies beyond the end of a ragged row.
    filler: u8,
}

/// Rows of a tile that tell its base well enough.
const ROWS_FOR_BASE: u32 = 8;

/// Average is undone byte by byte, so it must save at least this part of the tile's bits.
const AVERAGE_TOLERANCE: f64 = 0.01;

/// Buffers that are used for tile after tile.
#[derive(Default)]
pub struct TileScratch {
    pub read: ReadTile,
    plane: Vec<u8>,
}

/// A tile that was read, and what was taken from it.
#[derive(Default)]
pub struct ReadTile {
    coded: Vec<u8>,
    residuals: Vec<u8>,
    pub exceptions: Vec<u32>,
}

impl TileChoice {
    /// That of a tile whose coded bytes are its residuals, none of them an exception.
    const PLAIN: Self = Self { predictor: Predictor::None, base: 0, filler: 0 };
}

impl TilePolicy<'_> {
    /// Reads a tile into `read`, unless its residuals are where they are, and decides how it is coded.
    pub fn choose(&self, tile: u32, read: &mut ReadTile) -> TileChoice {
        if let Some(rows) = self.residuals_in_place(tile) {
            return TileChoice { base: self.base_in_place(rows), ..TileChoice::PLAIN };
        }
        let rect = self.source.grid.tile(tile);
        self.source.read_coded(&rect, &mut read.coded);
        if let ([predictor], false) = (self.predictors, self.codec.has_ranks()) {
            let is_ragged = self.source.used(&rect) < read.coded.len();
            let filler = if is_ragged {
                filler(self.codec, &self.histogram(&rect, *predictor, read), 0)
            } else {
                0
            };
            return TileChoice { predictor: *predictor, base: 0, filler };
        }
        let mut best: Option<(TileChoice, f64)> = None;
        for &predictor in self.predictors {
            let histogram = self.histogram(&rect, predictor, read);
            let base = self.rank_costs.base(&histogram);
            let bits = tile_bits(self.codec, &histogram, base);
            let tolerance =
                if predictor == Predictor::Average { AVERAGE_TOLERANCE } else { self.tolerance };
            if best.is_none_or(|(_, best)| bits < best * (1.0 - tolerance)) {
                let filler = filler(self.codec, &histogram, base);
                best = Some((TileChoice { predictor, base, filler }, bits));
            }
        }
        best.expect("a policy has at least one predictor").0
    }

    /// The residuals of the tile in `read` under a predictor, counted; where near to the best will do and what they are
    /// counted for is a base, those of some rows.
    fn histogram(&self, rect: &TileRect, predictor: Predictor, read: &mut ReadTile) -> Histogram {
        let columns = self.source.columns();
        let bytes = if predictor == Predictor::None {
            &read.coded
        } else {
            residuals(predictor, &read.coded, columns, &mut read.residuals);
            &read.residuals
        };
        let stride = self.counted_stride(rect.rows);
        Histogram::of_rows(bytes[..self.source.used(rect)].chunks(columns).step_by(stride))
    }

    /// One of how many rows is counted.
    fn counted_stride(&self, rows: u32) -> usize {
        let some = self.codec.has_ranks() && self.tolerance > 0.0;
        if some { rows.div_ceil(ROWS_FOR_BASE) as usize } else { 1 }
    }

    /// The base of a tile whose residuals are where they are.
    fn base_in_place(&self, rows: Rows<'_>) -> u8 {
        if !self.codec.has_ranks() {
            return 0;
        }
        let stride = self.counted_stride(rows.count() as u32);
        let counted = || (0..rows.count()).step_by(stride);
        counted().for_each(|row| rows.prefetch(row));
        self.rank_costs.base(&Histogram::of_rows(counted().map(|row| rows.row(row))))
    }

    /// Borrows a tile's residuals from the tensor, if they are its bytes and symbols can be made of all of them: where ranks do
    /// not wrap something else must stand in the places of exceptions.
    pub fn residuals_in_place(&self, tile: u32) -> Option<Rows<'_>> {
        let have_symbols = self.codec.ranks().is_none_or(|ranks| ranks.wrap);
        let as_they_are = self.predictors == [Predictor::None] && have_symbols;
        self.source.rows_in_place(&self.source.grid.tile(tile)).filter(|_| as_they_are)
    }

    /// Reads a tile and takes its residuals.
    pub fn read_residuals<'a>(
        &'a self,
        tile: u32,
        choice: TileChoice,
        read: &'a mut ReadTile,
    ) -> Residuals<'a> {
        self.read(tile, read);
        self.residuals(tile, choice, read)
    }

    /// Writes the rows of a tile's stored plane as they are stored.
    pub fn write_plane(
        &self,
        tile: u32,
        choice: TileChoice,
        scratch: &mut TileScratch,
        out: &mut [u8],
    ) {
        let TileScratch { read, plane } = scratch;
        let residuals = self.read_residuals(tile, choice, read);
        if out.len() == residuals.plane_bytes(self.codec) {
            residuals.stored_plane(self.codec, choice.base, out);
            return;
        }
        plane.clear();
        residuals.append_plane(self.codec, choice.base, plane);
        out.copy_from_slice(&plane[..out.len()]);
    }

    /// Reads a tile, unless its residuals are where they are.
    fn read(&self, tile: u32, read: &mut ReadTile) {
        if self.residuals_in_place(tile).is_none() {
            self.source.read_coded(&self.source.grid.tile(tile), &mut read.coded);
        }
    }

    /// A tile's residuals, where they are or of what was read; and its exceptions in `read`.
    pub fn residuals<'a>(
        &'a self,
        tile: u32,
        choice: TileChoice,
        read: &'a mut ReadTile,
    ) -> Residuals<'a> {
        let rows = if let Some(rows) = self.residuals_in_place(tile) {
            self.find_exceptions(rows, choice, &mut read.exceptions);
            rows
        } else {
            self.take_residuals(tile, choice, read);
            let columns = self.source.columns();
            Rows::new(&read.residuals, columns, columns)
        };
        Residuals { rows, lane_elements: self.source.split.lane_elements() }
    }

    /// Turns the coded bytes that were read into residuals, padded, and moves those without a rank to the exceptions.
    fn take_residuals(&self, tile: u32, choice: TileChoice, read: &mut ReadTile) {
        let columns = self.source.columns();
        if choice.predictor == Predictor::None {
            std::mem::swap(&mut read.coded, &mut read.residuals);
        } else {
            residuals(choice.predictor, &read.coded, columns, &mut read.residuals);
        }
        let used = self.source.used(&self.source.grid.tile(tile));
        let ReadTile { residuals, exceptions, .. } = read;
        residuals[used..].fill(choice.filler);
        self.find_exceptions(Rows::new(residuals, columns, columns), choice, exceptions);
        replace_exceptions(residuals, choice.filler, exceptions);
    }

    /// The exceptions among a tile's residuals.
    fn find_exceptions(&self, rows: Rows<'_>, choice: TileChoice, exceptions: &mut Vec<u32>) {
        exceptions.clear();
        if let Some(ranks) = self.codec.ranks() {
            find_exceptions(rows, choice.base, ranks.most_below_base(), exceptions);
        }
    }
}

/// The residual for places that have none: cheap to code, and 0 where it is stored.
fn filler(codec: PlaneCodec, histogram: &Histogram, base: u8) -> u8 {
    let shape = codec.shape();
    match shape.ranks {
        Some(ranks) => commonest_residual(ranks, histogram, base),
        None if shape.symbol_residuals == 0 => 0,
        None => histogram.mode() >> shape.stored_bits << shape.stored_bits,
    }
}

/// The bits of a tile with these residuals, were it to have a table of its own.
pub fn tile_bits(codec: PlaneCodec, histogram: &Histogram, base: u8) -> f64 {
    let shape = codec.shape();
    let stored = histogram.total() as f64 * f64::from(shape.stored_bits);
    match shape.ranks {
        _ if shape.symbol_residuals == 0 => stored,
        Some(ranks) => {
            let (ranks, exceptions) = rank_counts(ranks, histogram, base);
            entropy_bits(ranks) + stored + exceptions as f64 * super::rank::EXCEPTION_BITS
        }
        None if shape.stored_bits == 0 => histogram.entropy_bits(),
        None => stored + entropy_bits(histogram.high_nibbles().map(u64::from)),
    }
}
