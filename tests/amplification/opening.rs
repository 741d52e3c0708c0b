//! Opening an archive, verifying it and restoring its source.

use crate::cost::{Most, at_most};
use std::fs;
use std::path::Path;
use support::cpu;
use support::forged::{self, Forged, LENGTHS, planes};
use support::headers::{put_source, short_name, sources};
use tempfile::TempDir;
use twox_hash::XxHash3_64;
use wcodec::container::Limits;
use wcodec::convert::{
    CompressOptions, DecompressOptions, VerifyOptions, compress_file, decompress_file, verify_file,
};
use wcodec::{Archive, Blob, Decoder, Dtype, Encoder, Order, TensorView};

const MOST: Most = Most { held: 4.0, in_all: 14.6 };

/// Bytes of the header once it is expanded, and of the sums.
fn header_len(archive: &Path) -> usize {
    let file = fs::read(archive).unwrap();
    forged::header_len(&file) + file.len() - forged::stored_header(&file).end
}

/// Opens, verifies and restores an archive.
fn takes(archive: &Path, decoder: &Decoder, what: &str) {
    let (header, limits) = (header_len(archive), Limits::default());
    at_most(MOST, header, &format!("{what}, open"), || {
        Archive::open(archive).map(drop).unwrap();
    });
    at_most(MOST, header, &format!("{what}, verify"), || {
        verify_file(archive, &VerifyOptions::new(decoder), &()).map(drop).unwrap();
    });
    let restored = archive.with_extension("restored");
    let options = DecompressOptions::new(decoder).limits(limits);
    at_most(MOST, header, &format!("{what}, decompress"), || {
        decompress_file(archive, &restored, &options, &()).map(drop).unwrap();
    });
}

#[test]
fn archives_of_sources() {
    let decoder = cpu();
    for source in sources(8000) {
        let (folder, path) = put_source(&source);
        let archive = folder.path().join("a.wcodec");
        compress_file(&path, &archive, &CompressOptions::default(), &()).unwrap();
        takes(&archive, &decoder, source.what);
    }
}

/// The most that data can be larger than its blob, and no more than that is held; of a transposed
/// tensor twice that.
#[test]
fn decoding_constant_data() {
    decoding_takes(10_923.0, "constant data", &Encoder::new());
    let order = Order::Columns { element_bytes: 1, columns: 64 };
    let encoder = Encoder::new().order(order).tile_rows(256);
    decoding_takes(2.0 * 10_923.0, "transposed constant data", &encoder);
}

#[track_caller]
fn decoding_takes(factor: f64, what: &str, encoder: &Encoder) {
    let data = vec![7; 64 << 20];
    let view = TensorView::new(Dtype::U8, &[64 << 20], &data).unwrap();
    let blob = encoder.encode(&view).unwrap();
    let decoder = cpu();
    let most = factor * 1.05;
    at_most(Most { held: most, in_all: most }, blob.len(), what, || {
        let blob = Blob::parse(&blob).unwrap();
        let mut decoded = vec![0; data.len()];
        decoder.decode(&blob, &mut decoded).unwrap();
        assert!(decoded == data);
    });
}

/// Entries as short as they can be, without a source.
#[test]
fn archives_of_nothing_but_tensors() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("a.wcodec");
    let view = TensorView::new(Dtype::U8, &[0], &[]).unwrap();
    let blob = Encoder::new().encode(&view).unwrap();
    let entry = |number: usize| {
        let name = short_name(number);
        format!(r#""{name}":{{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}"#)
    };
    let count = 20_000;
    let entries: Vec<_> = (0..count).map(entry).collect();
    let mut forged = Forged::of_text(format!("{{{}}}", entries.join(",")));
    forged.fields.push((LENGTHS, planes(&vec![blob.len() as u64; count])));
    forged.blobs = blob.repeat(count);
    forged.sums = crc32c::crc32c(&blob).to_le_bytes().repeat(count);
    forged.sums.extend(XxHash3_64::oneshot(&[]).to_le_bytes().repeat(count));
    let header = forged.header();
    let packed = miniz_oxide::deflate::compress_to_vec(&header, 9);
    for file in [forged.file(), forged.file_of(&packed, header.len())] {
        fs::write(&path, file).unwrap();
        takes(&path, &cpu(), "short entries");
        fs::remove_file(path.with_extension("restored")).unwrap();
    }
}
