//! One tile at a time: its predictor, base, residuals and exceptions.

use super::histogram::{Histogram, entropy_bits};
use super::predict::residuals;
use super::rank::{RankCosts, commonest_residual, rank_counts};
use super::source::Source;
use super::symbols::{Residuals, take_exceptions};
use wcodec_cpu::Rows;
use wcodec_kernels::format::{LANES, PlaneCodec, Predictor, TileRect};

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
    symbols: Vec<u8>,
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
    pub const PLAIN: Self = Self { predictor: Predictor::None, base: 0, filler: 0 };
}

impl TilePolicy<'_> {
    /// Reads a tile into `read` and decides how it is coded.
    pub fn choose(&self, tile: u32, read: &mut ReadTile) -> TileChoice {
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
        let some = self.codec.has_ranks() && self.tolerance > 0.0;
        let stride = if some { rect.rows.div_ceil(ROWS_FOR_BASE) as usize } else { 1 };
        Histogram::of_rows(bytes[..self.source.used(rect)].chunks(columns).step_by(stride))
    }

    /// A tile's residuals where they are, if they are the tensor's bytes and nothing is to be decided about them.
    pub fn residuals_in_place(&self, tile: u32) -> Option<Rows<'_>> {
        let as_they_are = self.predictors == [Predictor::None] && !self.codec.has_ranks();
        self.source.rows_in_place(&self.source.grid.tile(tile)).filter(|_| as_they_are)
    }

    /// Reads a tile and makes its symbols, and its exceptions in `scratch`.
    pub fn prepare<'a>(
        &'a self,
        tile: u32,
        choice: TileChoice,
        scratch: &'a mut TileScratch,
    ) -> Rows<'a> {
        self.read(tile, &mut scratch.read);
        self.prepare_read(tile, choice, scratch)
    }

    /// As [`TilePolicy::prepare`], for a tile that [`TilePolicy::choose`] has just read, or that is where it is.
    pub fn prepare_read<'a>(
        &'a self,
        tile: u32,
        choice: TileChoice,
        scratch: &'a mut TileScratch,
    ) -> Rows<'a> {
        let TileScratch { read, symbols, .. } = scratch;
        let residuals = self.residuals(tile, choice, read);
        if self.codec == PlaneCodec::Tans8 {
            return residuals.rows;
        }
        let row = self.source.columns() / 2;
        symbols.resize(residuals.rows.count() * row, 0);
        residuals.pairs_of(self.codec, choice.base, symbols);
        Rows::new(symbols, row, row)
    }

    /// Writes the rows of a tile's coded plane as they are stored.
    pub fn write_plane(
        &self,
        tile: u32,
        choice: TileChoice,
        scratch: &mut TileScratch,
        out: &mut [u8],
    ) {
        let TileScratch { read, plane, .. } = scratch;
        self.read(tile, read);
        let residuals = self.residuals(tile, choice, read);
        let whole = self.whole_plane(residuals);
        if out.len() == whole {
            residuals.coded_plane(self.codec, choice.base, out);
            return;
        }
        plane.resize(whole, 0);
        residuals.coded_plane(self.codec, choice.base, plane);
        out.copy_from_slice(&plane[..out.len()]);
    }

    /// Appends the rows of the coded plane, all 32 lanes of each, of a tile with exceptions that was just prepared.
    pub fn append_plane(&self, choice: TileChoice, scratch: &TileScratch, out: &mut Vec<u8>) {
        let residuals = self.residuals_read(&scratch.read);
        let start = out.len();
        out.resize(start + self.whole_plane(residuals), 0);
        residuals.coded_plane(self.codec, choice.base, &mut out[start..]);
    }

    /// Bytes of a tile's coded plane, all 32 lanes of each row.
    fn whole_plane(&self, residuals: Residuals<'_>) -> usize {
        let lane_bytes = self.codec.coded_plane_bytes(residuals.lane_elements);
        residuals.rows.count() * LANES * lane_bytes
    }

    /// Reads a tile, unless its residuals are where they are.
    fn read(&self, tile: u32, read: &mut ReadTile) {
        if self.residuals_in_place(tile).is_none() {
            self.source.read_coded(&self.source.grid.tile(tile), &mut read.coded);
        }
    }

    /// A tile's residuals, where they are or of what was read.
    fn residuals<'a>(
        &'a self,
        tile: u32,
        choice: TileChoice,
        read: &'a mut ReadTile,
    ) -> Residuals<'a> {
        if let Some(rows) = self.residuals_in_place(tile) {
            return Residuals { rows, lane_elements: self.source.split.lane_elements() };
        }
        self.take_residuals(tile, choice, read);
        self.residuals_read(read)
    }

    /// A tile's residuals, where they were taken of what was read.
    fn residuals_read<'a>(&self, read: &'a ReadTile) -> Residuals<'a> {
        let columns = self.source.columns();
        let rows = Rows::new(&read.residuals, columns, columns);
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
        read.exceptions.clear();
        let used = self.source.used(&self.source.grid.tile(tile));
        read.residuals[used..].fill(choice.filler);
        if self.codec.has_ranks() {
            let ReadTile { residuals, exceptions, .. } = read;
            let most_below = self.codec.most_below_base();
            take_exceptions(residuals, choice.base, most_below, choice.filler, exceptions);
        }
    }
}

/// The residual for places that have none: cheap to code, and 0 where it is stored.
fn filler(codec: PlaneCodec, histogram: &Histogram, base: u8) -> u8 {
    match codec {
        PlaneCodec::Const | PlaneCodec::Raw => 0,
        PlaneCodec::Tans8 => histogram.mode(),
        PlaneCodec::TansNib => histogram.mode() & 0xF0,
        PlaneCodec::TansPair | PlaneCodec::TansCrumb => commonest_residual(codec, histogram, base),
        PlaneCodec::Rank4 => base,
    }
}

/// The bits of a tile with these residuals, were it to have a table of its own.
pub fn tile_bits(codec: PlaneCodec, histogram: &Histogram, base: u8) -> f64 {
    let total = histogram.total() as f64;
    match codec {
        PlaneCodec::Const => 0.0,
        PlaneCodec::Raw => total * 8.0,
        PlaneCodec::Tans8 => histogram.entropy_bits(),
        PlaneCodec::TansNib => total * 4.0 + entropy_bits(histogram.high_nibbles().map(u64::from)),
        PlaneCodec::TansPair | PlaneCodec::TansCrumb | PlaneCodec::Rank4 => {
            let (ranks, exceptions) = rank_counts(codec, histogram, base);
            let ranks = if codec == PlaneCodec::Rank4 { total * 4.0 } else { entropy_bits(ranks) };
            let low = total * f64::from(codec.low_bits());
            ranks + low + exceptions as f64 * super::rank::EXCEPTION_BITS
        }
    }
}
