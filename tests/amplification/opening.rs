//! Opening an archive, verifying it and restoring its source.

use crate::cost::{Most, at_most};
use std::fs;
use std::path::Path;
use support::cpu;
use support::forged::forge;
use support::headers::{put_source, short_name, sources};
use tempfile::TempDir;
use wcodec::container::{ContentHash, Limits};
use wcodec::convert::{
    CompressOptions, DecompressOptions, compress_file, decompress_file, verify_file,
};
use wcodec::{Archive, Blob, Decoder, Dtype, Encoder, TensorView};

const MOST: Most = Most { held: 4.0, in_all: 23.0 };

fn header_len(archive: &Path) -> usize {
    let file = fs::read(archive).unwrap();
    u64::from_le_bytes(file[8..16].try_into().unwrap()) as usize
}

/// Opens, verifies and restores an archive.
fn takes(archive: &Path, decoder: &Decoder, what: &str) {
    let (header, limits) = (header_len(archive), Limits::default());
    at_most(MOST, header, &format!("{what}, open"), || {
        Archive::open(archive).map(drop).unwrap();
    });
    at_most(MOST, header, &format!("{what}, verify"), || {
        verify_file(archive, decoder, &limits, &()).map(drop).unwrap();
    });
    let restored = archive.with_extension("restored");
    let options = DecompressOptions { decoder, overwrite: false, limits };
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

/// The most that data can be larger than its blob, and no more than that is held.
#[test]
fn decoding_constant_data() {
    let data = vec![7; 64 << 20];
    let view = TensorView::new(Dtype::U8, &[64 << 20], &data).unwrap();
    let blob = Encoder::new().encode(&view).unwrap();
    let decoder = cpu();
    let most = 10_923.0 * 1.05;
    at_most(Most { held: most, in_all: most }, blob.len(), "constant data", || {
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
    let (crc, hash) = (crc32c::crc32c(&blob), ContentHash::of(&[]));
    let step = blob.len().next_multiple_of(256);
    let entry = |number: usize, start: usize| {
        let (name, offset, length) = (short_name(number), start + number * step, blob.len());
        format!(
            r#"{{"name":"{name}","dtype":"U8","shape":[0],"offset":{offset},"length":{length},"crc32c":{crc},"xxh3":"{hash}"}}"#
        )
    };
    // Places have as many digits as the header makes them have: padded so that it is long enough.
    let count = 20_000;
    let start = (count * 150usize).next_multiple_of(256);
    let entries: Vec<_> = (0..count).map(|number| entry(number, start)).collect();
    let mut header = format!(r#"{{"tensors":[{}]}}"#, entries.join(","));
    assert!(header.len() <= start - 64, "{} bytes", header.len());
    let written = header.len();
    header.extend(std::iter::repeat_n(' ', start - 64 - written));
    let mut body = Vec::new();
    for _ in 0..count {
        body.resize(body.len().next_multiple_of(256), 0);
        body.extend_from_slice(&blob);
    }
    fs::write(&path, forge((1, 0), header.as_bytes(), &body)).unwrap();
    takes(&path, &cpu(), "short entries");
}
