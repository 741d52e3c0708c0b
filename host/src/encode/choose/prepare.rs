//! Preparing all tiles of a tensor: the choice for each, and the symbols that follow from it.

use super::tile::TileChooser;
use crate::Result;
use crate::encode::batches::Batches;
use crate::encode::histogram::Histogram;
use crate::encode::ordered_map::ordered_map;
use crate::encode::prepared::Prepared;
use crate::encode::residuals::TileScratch;
use crate::encode::symbols::Residuals;
use wcodec_codec::format::PlaneCodec;

/// Memory for some tiles, which a thread prepares at a time.
#[derive(Default)]
pub struct PreparedBatch {
    scratch: TileScratch,
    prepared: Prepared,
}

/// Decides every tile, counts its symbols and takes its exceptions. Tiles that were prepared before
/// are gone.
pub fn prepare(
    all: &mut Prepared,
    chooser: &TileChooser<'_>,
    in_hand: &mut Vec<PreparedBatch>,
) -> Result<()> {
    let reader = &chooser.reader;
    let batches = Batches::of(reader.tensor.grid.tile_count() as usize);
    all.clear();
    if reader.codec.has_pairs() {
        all.reserve_pairs(reader)?;
    }
    let make = |number: usize, PreparedBatch { scratch, prepared }: &mut PreparedBatch| {
        prepared.clear();
        for tile in batches.tiles(number) {
            add(prepared, chooser, tile as u32, scratch);
        }
    };
    ordered_map(batches.count(), in_hand, make, |batch| all.append(&batch.prepared))
}

fn add(prepared: &mut Prepared, chooser: &TileChooser<'_>, tile: u32, scratch: &mut TileScratch) {
    let choice = chooser.choose(tile, &mut scratch.read);
    let codec = chooser.reader.codec;
    prepared.choices.push(choice);
    if codec.has_symbols() {
        let residuals = chooser.reader.residuals(tile, choice, &mut scratch.read);
        add_symbols(prepared, codec, residuals, choice.base);
    }
    if codec.has_ranks() {
        prepared.exceptions.values.extend_from_slice(&scratch.read.exceptions);
    }
    prepared.exceptions.end_tile();
    prepared.symbols.end_tile();
    prepared.planes.end_tile();
}

fn add_symbols(prepared: &mut Prepared, codec: PlaneCodec, residuals: Residuals<'_>, base: u8) {
    if codec.has_pairs() {
        let start = prepared.symbols.values.len();
        residuals.append_pairs(codec, base, &mut prepared.symbols.values);
        residuals.append_plane(codec, base, &mut prepared.planes.values);
        prepared.histograms.push(Histogram::of(&prepared.symbols.values[start..]));
    } else if codec.has_symbols() {
        prepared.histograms.push(Histogram::of_rows(residuals.rows.together().iter()));
    }
}
