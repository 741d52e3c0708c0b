//! A tensor of words beyond 4 GiB: four tiles as the encoder makes them, over and over.

use crate::G4;
use support::{Options, Random, Tensor, cpu};
use wcodec::Blob;
use wcodec::programs::format::{
    BlobLayout, IndexEntry, PlaneCodec, Planned, Predictor, SpanLimits, TileGrid,
};

const TILE: usize = 131_072;

/// Four tiles, nearly all zeros, and different.
fn four_tiles() -> Tensor {
    let mut random = Random::new(1);
    let mut data = vec![0; 4 * TILE];
    for tile in data.chunks_exact_mut(TILE) {
        for _ in 0..64 {
            tile[random.below(TILE as u64) as usize] = random.byte();
        }
    }
    Tensor::of_bytes(data)
}

/// The kind of tile `tile`, of four. This repeats every 12 tiles, and no power of two is a multiple
/// of that.
fn variant(tile: u64) -> u32 {
    (tile * 5 / 3 % 4) as u32
}

/// The header of a blob of `count` tiles that has everything else from a blob of four.
fn layout(four: &Blob<'_>, count: u64) -> BlobLayout {
    let source = four.layout();
    let grid = TileGrid::new(count * TILE as u64, 512, 256).unwrap();
    let words = |tile| u64::from(four.span(variant(tile)).words);
    let limits = SpanLimits { word_count: (0..count).map(words).sum(), ..source.limits };
    let tables_len = source.tables.len as u32;
    let own = Planned { grid, limits, tables_len };
    BlobLayout::plan(source.split, own, source.plane_constants, [None; 3]).unwrap()
}

/// The blob of `count` tiles, each with entry and words of one of the four.
fn repeated(four: &Blob<'_>, count: u64) -> Vec<u8> {
    let (source, layout) = (four.layout(), layout(four, count));
    let mut bytes = bytemuck::bytes_of(&layout.header()).to_vec();
    bytes.extend_from_slice(&four.as_bytes()[64..source.index.offset as usize]);
    let mut words = 0;
    for span in (0..count).map(|tile| four.span(variant(tile))) {
        let entry = IndexEntry::new(words, span.table, span.predictor, span.base, 0);
        bytes.extend_from_slice(bytemuck::bytes_of(&entry));
        words += u64::from(span.words);
    }
    bytes.extend_from_slice(bytemuck::bytes_of(&IndexEntry::end(words, 0)));
    bytes.resize(layout.words.offset as usize, 0);
    for span in (0..count).map(|tile| four.span(variant(tile))) {
        let start = source.words.offset as usize + 4 * span.words_start as usize;
        bytes.extend_from_slice(&four.as_bytes()[start..][..4 * span.words as usize]);
    }
    bytes.resize(layout.blob_len as usize, 0);
    bytes
}

#[test]
fn ranges_across_and_beyond_4_gib() {
    let four = four_tiles();
    let options =
        Options { tile_rows: Some(256), ..Options::forced(PlaneCodec::Tans8, Predictor::Left) };
    let blob = options.encoder().encode(&four.view()).unwrap();
    let count = G4 / TILE as u64 + 40;
    let blob = repeated(&Blob::parse(&blob).unwrap(), count);
    let blob = Blob::parse(&blob).unwrap();
    assert_eq!(blob.byte_len(), count * TILE as u64);
    let byte = |at: u64| four.data[variant(at / TILE as u64) as usize * TILE + at as usize % TILE];
    for start in [0, G4 - 200_000, G4 - 1, G4, G4 + 1, blob.byte_len() - 150_000] {
        let end = (start + 300_000).min(blob.byte_len());
        let mut decoded = vec![0xA5; (end - start) as usize];
        cpu().decode_range(&blob, start..end, &mut decoded).unwrap();
        let expected: Vec<u8> = (start..end).map(byte).collect();
        assert!(decoded == expected, "from {start}");
    }
}
