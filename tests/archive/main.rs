//! The .wcodec file of FORMAT.md section 1: its content, the files that are refused, and what is
//! read of it from files, from memory and by any reader.

mod costs;
mod damage;
mod in_memory;
mod model;
mod refused;
mod rows;
mod versions;
mod writer;
mod written;

use std::io::Cursor;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use wcodec::container::{ContentHash, Manifest, Metadata, TensorSpec};
use wcodec::{Archive, ArchiveWriter, Dtype};

fn spec(name: &str, dtype: Dtype, shape: &[u64]) -> TensorSpec {
    TensorSpec::new(name, dtype, shape)
}

fn manifest() -> Manifest {
    let tensors = vec![
        spec("größe/重み 🦀\n\"\\", Dtype::BF16, &[3, 5]),
        spec("scalar", Dtype::F64, &[]),
        spec("empty", Dtype::I8, &[0, 7]),
    ];
    Manifest::new(tensors).metadata(Metadata::new([("format", "pt")]).unwrap())
}

/// An archive whose blobs are not blobs, which the container does not mind.
fn write(manifest: Manifest) -> Vec<u8> {
    let tensors = manifest.tensors.len();
    let out = Cursor::new(Vec::new());
    let mut writer = ArchiveWriter::new(out, Path::new("test"), manifest).unwrap();
    for index in 0..tensors {
        writer.append(&blob(index), ContentHash::of(&blob(index))).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn blob(index: usize) -> Vec<u8> {
    vec![index as u8 + 1; 300 * index + 10]
}

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn put(&self, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join("test.wcodec");
        std::fs::write(&path, bytes).unwrap();
        path
    }

    fn open(&self, bytes: &[u8]) -> wcodec::Result<Archive> {
        Archive::open(self.put(bytes))
    }
}
