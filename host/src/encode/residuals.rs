//! The residuals of one tile, as its plan asks for them, and its exceptions.

use super::plan::TilePlan;
use super::predict::residuals;
use super::symbols::{Residuals, find_exceptions, replace_exceptions};
use super::tensor::TiledTensor;
use wcodec_codec::format::{PlaneCodec, Predictor};
use wcodec_cpu::Rows;

/// A tensor whose tiles are read for one codec.
#[derive(Clone, Copy)]
pub struct TileReader<'a> {
    pub tensor: TiledTensor<'a>,
    pub codec: PlaneCodec,
}

/// Buffers that are used for tile after tile.
#[derive(Default)]
pub struct TileScratch {
    pub read: ReadTile,
    plane: Vec<u8>,
}

/// The bytes of a tile that was read, its residuals and exceptions.
#[derive(Default)]
pub struct ReadTile {
    pub coded: Vec<u8>,
    pub residuals: Vec<u8>,
    pub exceptions: Vec<u32>,
}

impl TileReader<'_> {
    /// Borrows a tile's residuals from the tensor, if they are its bytes and every one has a
    /// symbol. Where ranks do not wrap, exceptions must be replaced first.
    pub fn residuals_in_place(&self, tile: u32, predictor: Predictor) -> Option<Rows<'_>> {
        let have_symbols = self.codec.ranks().is_none_or(|ranks| ranks.wrap);
        let as_they_are = predictor == Predictor::None && have_symbols;
        self.tensor.rows_in_place(&self.tensor.grid.tile(tile)).filter(|_| as_they_are)
    }

    /// Reads a tile and takes its residuals.
    pub fn read_residuals<'a>(
        &'a self,
        tile: u32,
        choice: TilePlan,
        read: &'a mut ReadTile,
    ) -> Residuals<'a> {
        self.read(tile, choice, read);
        self.residuals(tile, choice, read)
    }

    /// As [`TileReader::read_residuals`], but never borrows them from the tensor: the filler stands in
    /// for exceptions, which need no stand-in where ranks wrap.
    pub fn copy_residuals<'a>(
        &'a self,
        tile: u32,
        choice: TilePlan,
        read: &'a mut ReadTile,
    ) -> Residuals<'a> {
        self.tensor.read_coded(&self.tensor.grid.tile(tile), &mut read.coded);
        self.take_residuals(tile, choice, read);
        self.taken_residuals(read)
    }

    /// Writes the rows of a tile's stored plane as they are stored.
    pub fn write_plane(
        &self,
        tile: u32,
        choice: TilePlan,
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

    /// Reads a tile, unless its residuals are the tensor's own bytes.
    fn read(&self, tile: u32, choice: TilePlan, read: &mut ReadTile) {
        if self.residuals_in_place(tile, choice.predictor).is_none() {
            self.tensor.read_coded(&self.tensor.grid.tile(tile), &mut read.coded);
        }
    }

    /// A tile's residuals, borrowed from the tensor or from `read`; its exceptions are in `read`.
    pub fn residuals<'a>(
        &'a self,
        tile: u32,
        choice: TilePlan,
        read: &'a mut ReadTile,
    ) -> Residuals<'a> {
        let Some(rows) = self.residuals_in_place(tile, choice.predictor) else {
            self.take_residuals(tile, choice, read);
            return self.taken_residuals(read);
        };
        self.find_exceptions(rows, choice, &mut read.exceptions);
        Residuals { rows, lane_elements: self.tensor.split.lane_elements() }
    }

    /// The residuals that were taken.
    fn taken_residuals<'a>(&self, read: &'a ReadTile) -> Residuals<'a> {
        let columns = self.tensor.columns();
        let rows = Rows::new(&read.residuals, columns, columns);
        Residuals { rows, lane_elements: self.tensor.split.lane_elements() }
    }

    /// Turns the coded bytes that were read into residuals, padded, and moves those without a rank
    /// to the exceptions.
    fn take_residuals(&self, tile: u32, choice: TilePlan, read: &mut ReadTile) {
        let columns = self.tensor.columns();
        if choice.predictor == Predictor::None {
            std::mem::swap(&mut read.coded, &mut read.residuals);
        } else {
            residuals(choice.predictor, &read.coded, columns, &mut read.residuals);
        }
        let used = self.tensor.used(&self.tensor.grid.tile(tile));
        let ReadTile { residuals, exceptions, .. } = read;
        residuals[used..].fill(choice.filler);
        self.find_exceptions(Rows::new(residuals, columns, columns), choice, exceptions);
        replace_exceptions(residuals, choice.filler, exceptions);
    }

    /// The exceptions among a tile's residuals.
    fn find_exceptions(&self, rows: Rows<'_>, choice: TilePlan, exceptions: &mut Vec<u32>) {
        exceptions.clear();
        if let Some(ranks) = self.codec.ranks() {
            find_exceptions(rows, choice.base, ranks.most_below_base(), exceptions);
        }
    }
}
