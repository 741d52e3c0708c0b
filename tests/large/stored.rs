//! Stored planes beyond 4 GiB, in a blob as large as its tensor.

use crate::G4;
use support::cpu;
use wcodec::Blob;
use wcodec::programs::format::{BlobLayout, PlaneCodec, Planned, SpanLimits, Split, TileGrid};

/// Rows of the highest tiles.
const TILE_ROWS: u64 = 256;

/// A blob of zeros under Raw, assembled here, as the encoder would touch all of the tensor.
struct RawBlob {
    layout: BlobLayout,
    bytes: Vec<u8>,
}

impl RawBlob {
    fn new(byte_len: u64, row_bytes: u64) -> Self {
        let grid = TileGrid::new(byte_len, row_bytes, TILE_ROWS as u32).unwrap();
        let codec = PlaneCodec::Raw;
        let limits = SpanLimits { codec, table_count: 0, word_count: 0, exception_count: 0 };
        let own = Planned { grid, limits, tables_len: 0 };
        let layout = BlobLayout::plan(Split::Byte, own, [None; 3], [None; 3]).unwrap();
        // The index entries of Raw are zeros as well.
        let mut bytes = vec![0; layout.blob_len as usize];
        bytes[..64].copy_from_slice(bytemuck::bytes_of(&layout.header()));
        Self { layout, bytes }
    }

    /// Puts a byte where FORMAT.md section 7.4 has the tensor's byte `at`.
    fn mark(&mut self, at: u64, mark: u8) {
        let row_bytes = self.layout.grid.row_bytes();
        let (columns, height) = (row_bytes / 512, self.layout.grid.rows());
        let (row, column) = (at / row_bytes, at % row_bytes / 512);
        let tile_row = row / TILE_ROWS;
        let h = (height - tile_row * TILE_ROWS).min(TILE_ROWS);
        let plane_row = tile_row * TILE_ROWS * columns + column * h + row % TILE_ROWS;
        let place = self.layout.stored_plane.offset + plane_row * 512 + at % 512;
        self.bytes[place as usize] = mark;
    }

    /// Checks the bytes about each mark, which lie far enough apart.
    fn check(&self, marks: &[(u64, u8)]) {
        let blob = Blob::parse(&self.bytes).unwrap();
        for &(at, mark) in marks {
            let mut decoded = [0xA5; 33];
            cpu().decode_range(&blob, at - 16..at + 17, &mut decoded).unwrap();
            let mut expected = [0; 33];
            expected[16] = mark;
            assert_eq!(decoded, expected, "around {at}");
        }
    }
}

/// Every tile from three tile rows below 4 GiB on has its own mark, so that none is taken for
/// another.
#[test]
fn every_tile_beyond_4_gib() {
    for row_bytes in [512, 3072] {
        let rows = G4 / row_bytes + 60 * TILE_ROWS * 3072 / row_bytes;
        let mut blob = RawBlob::new(rows * row_bytes, row_bytes);
        let mut marks = Vec::new();
        for tile_row in G4 / (row_bytes * TILE_ROWS) - 3..blob.layout.grid.rows() / TILE_ROWS {
            for column in 0..row_bytes / 512 {
                let row = tile_row * TILE_ROWS + 5 + column;
                let at = row * row_bytes + column * 512 + tile_row % 512;
                marks.push((at, (marks.len() % 255 + 1) as u8));
            }
        }
        assert!(marks.iter().filter(|(at, _)| *at > G4).count() > 300);
        marks.iter().for_each(|&(at, mark)| blob.mark(at, mark));
        blob.check(&marks);
    }
}
