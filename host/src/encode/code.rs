//! The symbols of all tiles coded.

use super::cluster::Clustering;
use super::prepare::{Batches, Prepared};
use super::tiles::TilePolicy;
use super::waves::in_order;
use super::workspace::Batch;
use crate::Result;
use crate::memory::append;
use wcodec_codec::encode::most_words;
use wcodec_codec::entropy::tans::EncodingTable;
use wcodec_cpu::{CpuWarp, TileSymbols};

/// What coding needs to know beyond what was selected for the tensor.
#[derive(Clone, Copy)]
pub struct Coding {
    pub warp: CpuWarp,
    /// What fewer tables and simpler predictors may cost, as a part of the size.
    pub tolerance: f64,
}

/// The words of a batch of tiles.
#[derive(Default)]
pub struct CodedBatch {
    /// The words from `front` on; before them is room.
    words: Vec<u32>,
    front: usize,
    /// Where each tile's words begin, the last tile first.
    starts: Vec<usize>,
}

/// Codes the tiles of a codec with symbols, and appends their words to `blob`; gives where each tile's begin, in words, and
/// how many all have.
pub fn code_all(
    policy: &TilePolicy<'_>,
    prepared: &Prepared,
    clustering: &Clustering,
    coding: Coding,
    in_hand: &mut Vec<Batch>,
    blob: &mut Vec<u8>,
) -> Result<Vec<usize>> {
    let tables: Vec<EncodingTable> =
        clustering.models.iter().map(|model| EncodingTable::new(&model.table)).collect();
    let steps = policy.codec.steps(policy.source.split.lane_elements());
    let batches = Batches::of(prepared.choices.len());
    let rows = policy.source.grid.tile_rows() as usize;
    let room = most_words(rows, steps);
    let make = |number: usize, Batch { scratch, coded, .. }: &mut Batch| {
        let tiles = batches.tiles(number);
        coded.clear(tiles.len() * room);
        for tile in tiles.rev() {
            let CodedBatch { words, front, starts } = coded;
            let table = &tables[usize::from(clustering.table_of_tile[tile])];
            let rows = prepared.symbols(policy, tile, scratch);
            let symbols = TileSymbols { rows, steps };
            *front -= coding.warp.encode_tile(table, symbols, &mut words[..*front]);
            starts.push(*front);
        }
    };
    let (start, mut starts) = (blob.len(), Vec::with_capacity(prepared.choices.len() + 1));
    in_order(batches.count(), in_hand, make, |Batch { coded, .. }| {
        let before = (blob.len() - start) / size_of::<u32>();
        starts.extend(coded.starts.iter().rev().map(|start| before + start - coded.front));
        append_integers(blob, &mut coded.words[coded.front..])
    })?;
    starts.push((blob.len() - start) / size_of::<u32>());
    Ok(starts)
}

impl CodedBatch {
    /// Makes room for `most` words.
    fn clear(&mut self, most: usize) {
        if self.words.len() < most {
            self.words.resize(most, 0);
        }
        self.front = self.words.len();
        self.starts.clear();
    }
}

/// Appends integers of 32 bits, little-endian.
pub fn append_integers(blob: &mut Vec<u8>, integers: &mut [u32]) -> Result<()> {
    integers.iter_mut().for_each(|integer| *integer = integer.to_le());
    append(blob, bytemuck::cast_slice(integers), "a blob")
}
