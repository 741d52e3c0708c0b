//! Tilings and layouts whose numbers do not fit 32 bits. What they should be is worked out here.

use crate::G4;
use wcodec::programs::format::{BlobLayout, PlaneCodec, Planned, SpanLimits, Split, TileGrid};
use wcodec::{Dtype, byte_len};

const MOST_TILES: u64 = (1 << 32) - 2;

#[test]
fn the_most_tiles_and_one_more() {
    for tile_rows in [8, 9, 16, 100, 255, 256] {
        let tile = 512 * u64::from(tile_rows);
        let most = MOST_TILES * tile;
        let grid = TileGrid::new(most, 512, tile_rows).unwrap();
        assert_eq!(u64::from(grid.tile_count()), MOST_TILES);
        assert!(TileGrid::new(most + 1, 512, tile_rows).is_err());
        let ragged = TileGrid::new(most - tile + 1, 512, tile_rows).unwrap();
        assert_eq!(u64::from(ragged.tile_count()), MOST_TILES);
        // Side by side they are as many, in one tile row.
        let row = MOST_TILES * 512;
        assert_eq!(u64::from(TileGrid::new(row, row, 8).unwrap().columns()), MOST_TILES);
        assert!(TileGrid::new(row + 512, row + 512, 8).is_err());
    }
}

#[test]
fn sizes_that_overflow_are_refused() {
    for byte_len in [u64::MAX, u64::MAX - 511, 1 << 63, 1 << 49] {
        for row_bytes in [512, 1 << 40, 1 << 62, u64::MAX - 511] {
            let grid = TileGrid::new(byte_len, row_bytes, 8);
            assert!(grid.is_err(), "{byte_len} bytes in rows of {row_bytes}: {grid:?}");
        }
    }
}

/// 2^45 bytes in rows of 3 · 512: tiles, offsets and rows by division in 128 bits.
#[test]
fn tiles_beyond_4_gib() {
    const ROW: u64 = 3 * 512;
    for (rows, tile_rows) in [(G4 + 5, 8), (3 * G4 / 2 - 1, 61), (G4 * 20 + 255, 256)] {
        let grid = TileGrid::new(rows * ROW, ROW, tile_rows).unwrap();
        let tile_rows = u64::from(tile_rows);
        assert_eq!(u64::from(grid.tile_count()), rows.div_ceil(tile_rows) * 3);
        for tile in
            [0, 1, 2, 3, grid.tile_count() / 2, grid.tile_count() - 4, grid.tile_count() - 1]
        {
            let rect = grid.tile(tile);
            let (q, column) = (u128::from(tile) / 3, u128::from(tile) % 3);
            let first_row = q * u128::from(tile_rows);
            let height = u128::from(rect.rows);
            assert_eq!(height, u128::from(tile_rows).min(u128::from(rows) - first_row));
            assert_eq!(u128::from(rect.byte_offset), first_row * u128::from(ROW) + column * 512);
            assert_eq!(u128::from(rect.plane_row), first_row * 3 + column * height);
            assert_eq!(rect.last_row_bytes, 512);
        }
    }
}

#[test]
fn a_ragged_end_beyond_4_gib() {
    let grid = TileGrid::new(5 * G4 + 512 + 33, 512, 256).unwrap();
    assert_eq!(u64::from(grid.tile_count()), 5 * G4 / 131_072 + 1);
    let rect = grid.tile(grid.tile_count() - 1);
    assert_eq!((rect.rows, rect.last_row_bytes), (2, 33));
    assert_eq!((rect.byte_offset, rect.plane_row), (5 * G4, 5 * G4 / 512));
    // 33 bytes are three lanes.
    assert_eq!(grid.plane_bytes(16), 5 * G4 + 512 + 48);
    assert_eq!(grid.plane_bytes(2), (5 * G4 + 512) / 8 + 6);
}

/// F32 under TansNib with raw plane 1 constant: every part's place, added up by hand.
#[test]
fn parts_beyond_4_gib() {
    let byte_len = 16 * G4;
    let grid = TileGrid::new(byte_len, 512, 256).unwrap();
    let (codec, word_count) = (PlaneCodec::TansNib, 3 * G4);
    let limits = SpanLimits { codec, table_count: 1, word_count, exception_count: 0 };
    let constants = [None, Some(3), None];
    let own = Planned { grid, limits, tables_len: 35 };
    let layout = BlobLayout::plan(Split::Exponent32, own, constants, [None; 3]).unwrap();
    let tiles = byte_len / 131_072;
    let index = 64 + 48;
    let words = (index + 12 * (tiles + 1)).next_multiple_of(16);
    let coded = words + 4 * word_count;
    let raw_0 = coded + byte_len / 8;
    let raw_2 = raw_0 + byte_len / 4;
    let end = raw_2 + byte_len / 4;
    assert_eq!((layout.index.offset, layout.words.offset), (index, words));
    assert_eq!((layout.stored_plane.offset, layout.stored_plane.len), (coded, byte_len / 8));
    assert_eq!(layout.raw_planes.map(|plane| plane.offset), [raw_0, raw_2, raw_2]);
    assert_eq!(layout.raw_planes.map(|plane| plane.len), [byte_len / 4, 0, byte_len / 4]);
    assert_eq!((layout.exceptions.offset, layout.blob_len), (end, end));
    assert_eq!(BlobLayout::parse(&layout.header(), &[]), Ok(layout));
}

#[test]
fn bytes_of_a_shape() {
    assert_eq!(byte_len(Dtype::F32, &[1 << 20, 1 << 20]).unwrap(), 1 << 42);
    assert_eq!(byte_len(Dtype::F4, &[1 << 40, 3]).unwrap(), 3 << 39);
    assert_eq!(byte_len(Dtype::U8, &[1 << 60]).unwrap(), 1 << 60);
    assert_eq!(byte_len(Dtype::U8, &[0, u64::MAX, u64::MAX]).unwrap(), 0);
    assert!(byte_len(Dtype::U8, &[1 << 32, 1 << 32]).is_err());
    assert!(byte_len(Dtype::F64, &[u64::MAX]).is_err());
}
