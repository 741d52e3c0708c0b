//! No more is read than what the rows take.

use super::rows::GAUSSIAN;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use support::{Options, Tensor, cpu};
use wcodec::encode::{PlaneCodec, Predictor};
use wcodec::{Archive, Dtype, RawPlanes, ReadAt, compress_with};

/// A reader that counts the bytes that are read.
struct Counting {
    bytes: Vec<u8>,
    read: Arc<AtomicU64>,
}

impl ReadAt for Counting {
    fn byte_len(&self) -> io::Result<u64> {
        self.bytes.byte_len()
    }

    fn read_exact_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<()> {
        self.read.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        self.bytes.read_exact_at(bytes, offset)
    }
}

/// The archive, and the bytes read of it since they were asked for last.
pub fn counted(bytes: Vec<u8>) -> (Archive, impl Fn() -> u64) {
    let read = Arc::new(AtomicU64::new(0));
    let archive = Archive::from_reader(Counting { bytes, read: read.clone() }).unwrap();
    (archive, move || read.swap(0, Ordering::Relaxed))
}

/// A megabyte and a half in a hundred tile rows.
fn large(raw_planes: RawPlanes) -> (Tensor, Vec<u8>) {
    let tensor = Tensor::new(Dtype::BF16, &[800, 1024], GAUSSIAN, 1);
    let options = Options { raw_planes, ..Options::forced(PlaneCodec::TansPair, Predictor::None) };
    let archive = compress_with(&tensor.view(), &options.encoder()).unwrap();
    (tensor, archive)
}

#[test]
fn a_row_costs_its_tile_rows() {
    rows_cost_their_tile_rows(RawPlanes::Stored);
}

#[test]
fn a_row_costs_its_tile_rows_of_a_coded_plane() {
    rows_cost_their_tile_rows(RawPlanes::Coded(None));
}

fn rows_cost_their_tile_rows(raw_planes: RawPlanes) {
    let (tensor, bytes) = large(raw_planes);
    let file_len = bytes.len() as u64;
    let ((archive, read), decoder) = (counted(bytes), cpu());
    assert!(read() < 1000, "opening reads the header alone");
    let reader = archive.reader("tensor").unwrap();
    let front = read();
    assert!(front < file_len / 50, "{front} bytes of {file_len} to find the tiles");
    for (rows, tile_rows) in [(0..1, 1), (7..9, 2), (799..800, 1), (400..480, 10)] {
        let part = &tensor.data[rows.start as usize * 2048..rows.end as usize * 2048];
        assert!(reader.decode(rows.clone(), &decoder).unwrap() == part);
        let bytes = read();
        let share = file_len * tile_rows / 100;
        assert!(bytes < share + share / 4, "{rows:?}: {bytes} bytes, {share} for the tile rows");
    }
    assert!(reader.decode(5..5, &decoder).unwrap().is_empty());
    assert_eq!(read(), 0);
}

#[test]
fn a_checksum_is_compared_once() {
    let (_, bytes) = large(RawPlanes::Stored);
    let blob_len = Archive::from_bytes(bytes.clone()).unwrap().tensors()[0].blob_len();
    let ((archive, read), decoder) = (counted(bytes), cpu());
    read();
    archive.decode_rows("tensor", 3..4, &decoder).unwrap();
    assert!(read() >= blob_len);
    archive.decode_rows("tensor", 3..4, &decoder).unwrap();
    assert!(read() < blob_len / 20);
    let reader = archive.reader("tensor").unwrap();
    read();
    reader.check().unwrap();
    assert_eq!(read(), 0, "it was compared before");
}
