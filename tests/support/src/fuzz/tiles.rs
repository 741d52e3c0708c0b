//! The streams of tiles: words, planes and exceptions of any bytes, in a blob whose header, tables
//! and index are sound.

use super::blob;
use wcodec::programs::format::{
    BlobLayout, IndexEntry, MIN_TILE_WORDS, PlaneCodec, Planned, Predictor, Section, SpanLimits,
    Split, Table, TileGrid,
};

/// Bytes that choose what kind of blob it is; the others are its streams, over and over.
const CHOICES: usize = 12;

/// Makes the blob and decodes it.
pub fn run(data: &[u8]) {
    let Some((choices, streams)) = data.split_first_chunk::<CHOICES>() else { return };
    blob::run(&make(choices, streams));
}

fn make(choices: &[u8; CHOICES], streams: &[u8]) -> Vec<u8> {
    let split = Split::ALL[usize::from(choices[0]) % Split::ALL.len()];
    let codec = PlaneCodec::ALL[usize::from(choices[1]) % PlaneCodec::ALL.len()];
    let grid = grid(choices, split);
    let tables =
        if codec.has_symbols() && grid.byte_len() > 0 { tables(choices) } else { Vec::new() };
    let tiles = u64::from(grid.tile_count());
    let words_a_tile = MIN_TILE_WORDS as u64 + u64::from(choices[6]) * 4;
    let limits = SpanLimits {
        codec,
        table_count: tables.len() as u8,
        word_count: if codec.has_symbols() { tiles * words_a_tile } else { 0 },
        exception_count: if codec.has_ranks() {
            tiles as u32 * u32::from(choices[7] % 4)
        } else {
            0
        },
    };
    let mut packed = Vec::new();
    tables.iter().for_each(|table| table.write(|byte| packed.push(byte)));
    let own = Planned { grid, limits, tables_len: packed.len() as u32 };
    let layout =
        BlobLayout::plan(split, own, [None; 3], [None; 3]).expect("parts of a small blob fit");
    let mut bytes = vec![0; layout.blob_len as usize];
    bytes[..64].copy_from_slice(bytemuck::bytes_of(&layout.header()));
    place(&mut bytes, layout.tables, &packed);
    place(&mut bytes, layout.index, &index(choices, &layout));
    let [raw_0, raw_1, raw_2] = layout.raw_planes;
    let parts = [layout.words, layout.stored_plane, raw_0, raw_1, raw_2, layout.exceptions];
    let mut source = streams.iter().copied().cycle();
    for part in parts {
        let own: Vec<u8> = source.by_ref().take(part.len as usize).collect();
        place(&mut bytes, part, &own);
    }
    bytes
}

fn place(bytes: &mut [u8], part: Section, own: &[u8]) {
    bytes[part.offset as usize..][..own.len()].copy_from_slice(own);
}

/// Flat, or of two tile columns; of up to four tiles.
fn grid(choices: &[u8; CHOICES], split: Split) -> TileGrid {
    let length = u64::from(choices[3]) * 64 + u64::from(choices[4]);
    let is_matrix = choices[5] & 1 == 1;
    let (row_bytes, unit) =
        if is_matrix { (1024, 1024) } else { (512, split.element_bytes() as u64) };
    let length = length / unit * unit;
    let row_bytes = if length == 0 { 512 } else { row_bytes };
    TileGrid::new(length, row_bytes, 8 + u32::from(choices[2]) % 25).expect("a small grid is sound")
}

/// One or two tables whose frequencies halve from symbol to symbol.
fn tables(choices: &[u8; CHOICES]) -> Vec<Table> {
    (0..1 + choices[8] % 2).map(|number| table(8 + choices[9] % 5, choices[10] ^ number)).collect()
}

fn table(prob_bits: u8, first: u8) -> Table {
    let mut frequencies = [0u16; 256];
    let mut left = 1u16 << prob_bits;
    let mut symbol = first;
    while left > 1 {
        frequencies[usize::from(symbol)] += left / 2;
        left -= left / 2;
        symbol = symbol.wrapping_mul(5).wrapping_add(7);
    }
    frequencies[usize::from(symbol)] += left;
    Table::new(prob_bits, frequencies).expect("they add up")
}

fn index(choices: &[u8; CHOICES], layout: &BlobLayout) -> Vec<u8> {
    let limits = &layout.limits;
    let tiles = layout.grid.tile_count();
    let (words, exceptions) =
        (limits.word_count / u64::from(tiles.max(1)), limits.exception_count / tiles.max(1));
    let mut bytes = Vec::new();
    for tile in 0..tiles {
        let predictor = match limits.codec {
            PlaneCodec::Const | PlaneCodec::Raw => Predictor::None,
            _ => Predictor::ALL[(usize::from(choices[11]) + tile as usize) % 5],
        };
        let table = if limits.table_count == 0 { 0 } else { tile as u8 % limits.table_count };
        let base = match limits.codec.has_ranks() {
            true => choices[10].max(limits.codec.least_base()),
            false => 0,
        };
        let start = u64::from(tile) * words;
        let entry = IndexEntry::new(start, table, predictor, base, tile * exceptions);
        bytes.extend_from_slice(bytemuck::bytes_of(&entry));
    }
    let end = IndexEntry::end(limits.word_count, limits.exception_count);
    bytes.extend_from_slice(bytemuck::bytes_of(&end));
    bytes
}
