//! The examples do what they say.
#![allow(dead_code, reason = "their `main`s are not called here")]

#[path = "../../examples/compress.rs"]
mod compress;
#[path = "../../examples/decompress.rs"]
mod decompress;
#[path = "../../examples/in_memory.rs"]
mod in_memory;
#[cfg(feature = "gpu")]
#[path = "../../examples/multiply.rs"]
mod multiply;
#[cfg(feature = "gpu")]
#[path = "../../examples/on_gpu.rs"]
mod on_gpu;
#[path = "../../examples/open_folder.rs"]
mod open_folder;
#[path = "../../examples/read_rows.rs"]
mod read_rows;
#[path = "../../examples/read_tensor.rs"]
mod read_tensor;
#[path = "../../examples/verify.rs"]
mod verify;

use safetensors::Dtype;
use safetensors::tensor::TensorView;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// 100 rows of 64.
fn weights() -> Vec<f32> {
    (0..6400).map(|at| (at as f32 * 0.37).sin()).collect()
}

fn bytes_of(weights: &[f32]) -> Vec<u8> {
    weights.iter().flat_map(|weight| weight.to_le_bytes()).collect()
}

/// A file with the tensor "w", and the archive of it.
fn compressed(folder: &Path) -> [PathBuf; 2] {
    let [source, archive] = ["a.safetensors", "a.wcodec"].map(|name| folder.join(name));
    let bytes = bytes_of(&weights());
    let view = TensorView::new(Dtype::F32, vec![100, 64], &bytes).unwrap();
    fs::write(&source, safetensors::serialize([("w", view)], None).unwrap()).unwrap();
    let summary = compress::compress(&source, &archive).unwrap();
    assert_eq!(summary.tensors, 1);
    [source, archive]
}

#[test]
fn a_file_is_compressed_verified_and_decompressed() {
    let folder = TempDir::new().unwrap();
    let [source, archive] = compressed(folder.path());
    assert!(fs::metadata(&archive).unwrap().len() < fs::metadata(&source).unwrap().len());
    assert_eq!(verify::verify(&archive).unwrap().tensors, 1);
    let restored = folder.path().join("restored.safetensors");
    decompress::decompress(&archive, &restored).unwrap();
    assert_eq!(fs::read(&restored).unwrap(), fs::read(&source).unwrap());

    let mut damaged = fs::read(&archive).unwrap();
    *damaged.last_mut().unwrap() ^= 1;
    fs::write(&archive, damaged).unwrap();
    assert!(verify::verify(&archive).is_err());
}

#[test]
fn a_tensor_and_some_rows_of_it_are_read() {
    let folder = TempDir::new().unwrap();
    let [_, archive] = compressed(folder.path());
    let weights = weights();
    assert_eq!(read_tensor::read_tensor(&archive, "w").unwrap(), weights);
    let rows = read_rows::read_rows(&archive, "w", &[99, 3]).unwrap();
    assert_eq!(rows, [99, 3].map(|row| bytes_of(&weights[row * 64..][..64])));
    assert_eq!(read_tensor::read_tensor(&archive, "x").unwrap_err().code(), "no_such_tensor");
}

#[test]
fn a_folder_is_opened() {
    let folder = TempDir::new().unwrap();
    let [source, _] = compressed(folder.path());
    fs::remove_file(source).unwrap();
    let tensors = open_folder::open_folder(folder.path()).unwrap();
    assert_eq!(tensors, [("w".to_owned(), bytes_of(&weights()))]);
}

#[test]
fn a_tensor_in_memory_comes_back() {
    let weights = weights();
    let (compressed, restored) = in_memory::in_memory(&weights, &[100, 64]).unwrap();
    assert_eq!((restored.shape(), restored.data()), (&[100, 64][..], &bytes_of(&weights)[..]));
    assert!(compressed.len() < restored.data().len());
}

#[cfg(feature = "gpu")]
#[test]
#[ignore = "needs an NVIDIA GPU"]
fn an_archive_is_loaded_to_a_gpu() {
    let folder = TempDir::new().unwrap();
    let [_, archive] = compressed(folder.path());
    let tensors = on_gpu::on_gpu(&archive).unwrap();
    assert_eq!((&*tensors[0].0, &tensors[0].2), ("w", &bytes_of(&weights())));
    assert_eq!(tensors[0].1 % 256, 0);
}

/// Rows of equal weights, whose sums are BF16 numbers.
#[cfg(feature = "gpu")]
#[test]
fn a_matrix_of_an_archive_is_multiplied() {
    let folder = TempDir::new().unwrap();
    let [source, archive] = ["b.safetensors", "b.wcodec"].map(|name| folder.path().join(name));
    let number = |value: f32| ((value.to_bits() >> 16) as u16).to_le_bytes();
    let weight = |row: usize| (row % 5) as f32 - 2.0;
    let bytes: Vec<u8> = (0..100 * 64).flat_map(|at| number(weight(at / 64))).collect();
    let other = bytes_of(&weights());
    let views = [
        ("w", TensorView::new(Dtype::BF16, vec![100, 64], &bytes).unwrap()),
        ("f32", TensorView::new(Dtype::F32, vec![100, 64], &other).unwrap()),
    ];
    fs::write(&source, safetensors::serialize(views, None).unwrap()).unwrap();
    compress::compress(&source, &archive).unwrap();
    let (products, bits) = multiply::multiply(&archive, "w").unwrap();
    let expected: Vec<u8> = (0..100).flat_map(|row| number(64.0 * weight(row))).collect();
    assert_eq!(products, expected);
    assert!((12.0..16.0).contains(&bits), "{bits}");
    assert_eq!(multiply::multiply(&archive, "f32").unwrap_err().code(), "invalid_argument");
    assert_eq!(multiply::multiply(&archive, "none").unwrap_err().code(), "no_such_tensor");
}
