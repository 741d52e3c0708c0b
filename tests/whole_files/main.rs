//! Whole files of made weights: what they come to, and what becomes of them.

mod damage;
mod equal;
mod made;
mod planes;
mod small;

use made::{Made, source};
use std::fs;
use std::path::{Path, PathBuf};
use support::cpu;
use support::safetensors_source::put;
use tempfile::TempDir;
use wcodec::container::Limits;
use wcodec::convert::{
    CompressOptions, DecompressOptions, VerifyOptions, compress_file, decompress_file, verify_file,
};
use wcodec::{Archive, Decoder, Model};

/// A file that was compressed, and its archive.
struct Pair {
    _folder: TempDir,
    source: PathBuf,
    archive: PathBuf,
    ratio: f64,
}

/// Compresses a file; it comes back to the byte, the library and the reference agree on it, and
/// each tensor is read alone.
fn there_and_back(tensors: &[Made]) -> Pair {
    let folder = TempDir::new().unwrap();
    let bytes = source(tensors);
    let path = put(folder.path(), "model.safetensors", &bytes);
    let archive = folder.path().join("model.wcodec");
    let (decoder, limits) = (cpu(), Limits::default());
    let options = CompressOptions::new().verify(&decoder);
    let summary = compress_file(&path, &archive, &options, &()).unwrap();
    verify_file(&archive, &VerifyOptions::new(&decoder).limits(limits), &()).unwrap();
    let restored = folder.path().join("restored");
    let options = DecompressOptions::new(&decoder);
    decompress_file(&archive, &restored, &options, &()).unwrap();
    assert!(fs::read(&restored).unwrap() == bytes);
    read_alone(&archive, tensors, &decoder);
    let written = fs::read(&archive).unwrap();
    let by_reference = reference::decode_archive(&written).unwrap();
    assert!(reference::original_file(&by_reference).unwrap() == bytes);
    let ratio = summary.input_bytes as f64 / summary.output_bytes as f64;
    Pair { _folder: folder, source: path, archive, ratio }
}

fn read_alone(path: &Path, tensors: &[Made], decoder: &Decoder) {
    let archive = Archive::open(path).unwrap();
    let model = Model::open(path).unwrap();
    for (number, (name, _, shape, bytes)) in
        tensors.iter().enumerate().step_by(1 + tensors.len() / 99)
    {
        assert!(archive.decode_tensor(name, decoder).unwrap() == *bytes, "{name}");
        assert_eq!(archive.tensors()[number].name(), name);
        let mut out = vec![0; bytes.len()];
        archive.decode_to(name, decoder, &mut out).unwrap();
        assert!(out == *bytes, "{name}");
        if let Some(&rows) = shape.first().filter(|&&rows| rows > 1) {
            let (first, row) = (rows / 2, bytes.len() / rows);
            let read = archive.decode_rows(name, first as u64..rows as u64, decoder).unwrap();
            assert!(read == bytes[first * row..], "rows of {name}");
            let read = model.tensor(name).unwrap().decode(..first as u64, decoder).unwrap();
            assert!(read == bytes[..first * row], "rows of {name} in a model");
        }
    }
}

fn blobs(archive: &Path) -> usize {
    let archive = Archive::open(archive).unwrap();
    let number = |tensor: &wcodec::container::TensorInfo| tensor.blob_number() as usize + 1;
    archive.tensors().iter().map(number).max().unwrap_or(0)
}
