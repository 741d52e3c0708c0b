//! The symbols of all tiles coded.

use super::cluster::Clustering;
use super::per_tile::PerTile;
use super::prepare::{Batches, Prepared};
use super::tiles::{TilePolicy, TileScratch};
use super::waves::in_order;
use crate::Result;
use crate::memory::append;
use wcodec_cpu::{CpuWarp, EncodingTable, TileSymbols};

/// What coding needs to know beyond what was selected for the tensor.
#[derive(Clone, Copy)]
pub struct Coding {
    pub warp: CpuWarp,
    /// States a lane, for codecs that have any.
    pub states: u8,
    /// What fewer tables and simpler predictors may cost, as a part of the size.
    pub tolerance: f64,
}

/// What a thread makes of a batch.
#[derive(Default)]
struct Batch {
    scratch: TileScratch,
    /// For the warp to use again.
    buffer: Vec<u32>,
    words: PerTile<u32>,
}

/// Codes the tiles of a codec with symbols, and appends their words to `blob`; gives where each tile's end, in words.
pub fn code_all(
    policy: &TilePolicy<'_>,
    prepared: &Prepared,
    clustering: &Clustering,
    coding: Coding,
    blob: &mut Vec<u8>,
) -> Result<Vec<usize>> {
    let tables: Vec<EncodingTable> =
        clustering.models.iter().map(|model| EncodingTable::new(&model.table)).collect();
    let steps = policy.codec.steps(policy.source.split.lane_elements());
    let batches = Batches::of(prepared.choices.len());
    let make = |number: usize, batch: &mut Batch| {
        let Batch { scratch, buffer, words } = batch;
        words.clear();
        for tile in batches.tiles(number) {
            let table = &tables[usize::from(clustering.table_of_tile[tile])];
            let symbols = prepared.symbols(policy, tile, scratch);
            let symbols = TileSymbols { symbols, steps, states: coding.states };
            coding.warp.encode_tile(table, symbols, buffer, &mut words.values);
            words.end_tile();
        }
    };
    let (start, mut ends) = (blob.len(), Vec::with_capacity(prepared.choices.len()));
    in_order(batches.count(), make, |batch| {
        let before = (blob.len() - start) / size_of::<u32>();
        ends.extend(batch.words.ends().iter().map(|end| before + end));
        append_integers(blob, &mut batch.words.values)
    })?;
    Ok(ends)
}

/// Appends integers of 32 bits, little-endian.
pub fn append_integers(blob: &mut Vec<u8>, integers: &mut [u32]) -> Result<()> {
    integers.iter_mut().for_each(|integer| *integer = integer.to_le());
    append(blob, bytemuck::cast_slice(integers), "a blob")
}
