//! Encodes the symbols of all tiles.

use crate::Result;
use crate::encode::batches::Batches;
use crate::encode::ordered_map::ordered_map;
use crate::encode::plan::EncodePlan;
use crate::encode::prepared::Prepared;
use crate::encode::residuals::{TileReader, TileScratch};
use crate::memory::append;
use wcodec_codec::encode::most_words;
use wcodec_codec::entropy::rans::RansSteps;
use wcodec_codec::entropy::tans::EncodingTable;
use wcodec_codec::format::Table;
use wcodec_codec::plane::EntropyCoder;
use wcodec_cpu::{CpuBackend, TileSymbols, TileTable};

/// The words of some tiles, which a thread codes at a time.
#[derive(Default)]
pub struct WordsBatch {
    scratch: TileScratch,
    coded: CodedWords,
}

#[derive(Default)]
struct CodedWords {
    /// The words, from `front` on; the room before them is unused.
    words: Vec<u32>,
    front: usize,
    /// The start of each tile's words, the last tile first.
    starts: Vec<usize>,
}

/// Codes the tiles of a codec with symbols, and appends their words to `blob`; returns where each
/// tile's words begin, and last the number of all words.
pub fn encode_words(
    reader: &TileReader<'_>,
    plan: &EncodePlan,
    prepared: &Prepared,
    backend: CpuBackend,
    in_hand: &mut Vec<WordsBatch>,
    blob: &mut Vec<u8>,
) -> Result<Vec<usize>> {
    let tables = Tables::new(&plan.tables, plan.codec.coder());
    let steps = plan.codec.steps(plan.split.lane_elements());
    let batches = Batches::of(plan.tiles.len());
    let room = most_words(plan.grid.tile_rows() as usize, steps);
    let make = |number: usize, WordsBatch { scratch, coded }: &mut WordsBatch| {
        let tiles = batches.tiles(number);
        coded.clear(tiles.len() * room);
        for tile in tiles.rev() {
            let CodedWords { words, front, starts } = coded;
            let table = tables.of(plan.table_of_tile[tile]);
            let rows = prepared.symbols(reader, plan.tiles[tile], tile, scratch);
            *front -= backend.encode_tile(table, TileSymbols { rows, steps }, &mut words[..*front]);
            starts.push(*front);
        }
    };
    let (start, mut starts) = (blob.len(), Vec::with_capacity(plan.tiles.len() + 1));
    ordered_map(batches.count(), in_hand, make, |WordsBatch { coded, .. }| {
        let before = (blob.len() - start) / size_of::<u32>();
        starts.extend(coded.starts.iter().rev().map(|start| before + start - coded.front));
        append_integers(blob, &mut coded.words[coded.front..])
    })?;
    starts.push((blob.len() - start) / size_of::<u32>());
    Ok(starts)
}

/// The tables of a plan, ready for encoding.
enum Tables {
    Tans(Vec<EncodingTable>),
    Rans(Vec<RansSteps>),
}

impl Tables {
    fn new(tables: &[Table], coder: EntropyCoder) -> Self {
        match coder {
            EntropyCoder::Rans => Self::Rans(tables.iter().map(RansSteps::new).collect()),
            _ => Self::Tans(tables.iter().map(EncodingTable::new).collect()),
        }
    }

    fn of(&self, number: u8) -> TileTable<'_> {
        match self {
            Self::Tans(tables) => TileTable::Tans(&tables[usize::from(number)]),
            Self::Rans(tables) => TileTable::Rans(&tables[usize::from(number)]),
        }
    }
}

impl CodedWords {
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
