//! Files that are compressed against others: they come back with their bases to the byte, and are
//! refused with any other, before anything is written.

use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};
use support::safetensors_source::{file, put, tree};
use support::{Distribution, Random, Tensor, cpu};
use tempfile::TempDir;
use wcodec::container::{Limits, TensorInfo};
use wcodec::convert::{
    Bases, CompressOptions, DecompressOptions, VerifyOptions, compress_file, compress_folder,
    decompress_file, decompress_folder, rebase_file, verify_file, verify_folder,
};
use wcodec::{Archive, Dtype, Result};

/// A safetensors file of these tensors.
pub fn source(tensors: &[(&str, &Tensor)]) -> Vec<u8> {
    let (mut members, mut data) = (json!({}), Vec::new());
    for (name, tensor) in tensors {
        let start = data.len();
        data.extend_from_slice(&tensor.data);
        let (dtype, shape) = (tensor.dtype, &tensor.shape);
        let place = [start, data.len()];
        members[*name] = json!({ "dtype": dtype, "shape": shape, "data_offsets": place });
    }
    file(&members.to_string(), &data)
}

pub fn tensor(rows: u64, seed: u64) -> Tensor {
    Tensor::new(Dtype::BF16, &[rows, 256], Distribution::Gaussian(6.0), seed)
}

/// The same with one of 100 bytes changed.
pub fn trained(old: &Tensor, seed: u64) -> Tensor {
    let data = super::roundtrip::changed(&old.data, 100, &mut Random::new(seed));
    Tensor { data, ..old.clone() }
}

pub struct Place {
    folder: TempDir,
}

impl Place {
    pub fn new() -> Self {
        Self { folder: TempDir::new().unwrap() }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn put(&self, name: &str, tensors: &[(&str, &Tensor)]) -> PathBuf {
        put(self.folder.path(), name, &source(tensors))
    }

    pub fn compress(&self, source: &Path, name: &str, bases: &[&Path]) -> PathBuf {
        let (target, decoder) = (self.path(name), cpu());
        let bases = Bases::open(bases, Limits::default()).unwrap();
        let options = CompressOptions::new().verify(&decoder).bases(&bases);
        compress_file(source, &target, &options, &()).unwrap();
        target
    }

    /// Decompresses with these bases; checks that nothing is left behind where that fails.
    pub fn restore(&self, archive: &Path, bases: &[&Path]) -> Result<Vec<u8>> {
        let (target, decoder) = (self.path("restored"), cpu());
        fs::remove_file(&target).ok();
        let before = fs::read_dir(self.folder.path()).unwrap().count();
        let bases = Bases::open(bases, Limits::default())?;
        let options = DecompressOptions::new(&decoder).bases(&bases);
        let done = decompress_file(archive, &target, &options, &());
        if done.is_err() {
            assert_eq!(
                fs::read_dir(self.folder.path()).unwrap().count(),
                before,
                "an output is left"
            );
        }
        let verified = verify_file(archive, &VerifyOptions::new(&decoder).bases(&bases), &());
        assert_eq!(done.is_ok(), verified.is_ok(), "{verified:?}");
        done.map(|_| fs::read(target).unwrap())
    }
}

pub fn hash(tensor: &Tensor) -> String {
    format!("{:016x}", twox_hash::XxHash3_64::oneshot(&tensor.data))
}

fn kinds(archive: &Path) -> Vec<&'static str> {
    let kind = |tensor: &TensorInfo| match tensor.reference() {
        None => "alone",
        Some(_) if tensor.is_unchanged() => "unchanged",
        Some(_) => "against",
    };
    Archive::open(archive).unwrap().tensors().iter().map(kind).collect()
}

#[test]
fn a_fine_tune_comes_back_with_its_base_as_file_archive_or_folder() {
    let place = Place::new();
    let (a, b, new) = (tensor(200, 1), tensor(300, 2), tensor(100, 3));
    let small = tensor(4, 5);
    let changed = trained(&b, 4);
    let base = place.put("old/base.safetensors", &[("a", &a), ("b", &b), ("small", &small)]);
    let tensors =
        [("a", &a), ("b", &changed), ("new", &new), ("small", &small), ("tied", &changed)];
    let fine = place.put("fine.safetensors", &tensors);
    let archive = place.compress(&fine, "fine.wcodec", &[&base]);
    let known = ["unchanged", "against", "alone", "unchanged", "against"];
    assert_eq!(kinds(&archive), known);
    assert_eq!(Archive::open(&archive).unwrap().version(), (2, 1));
    let len = fs::metadata(&archive).unwrap().len() as usize;
    assert!(len < new.data.len() + changed.data.len() / 8, "{len} bytes");
    let old = place.compress(&base, "base.wcodec", &[]);
    assert_eq!(Archive::open(&old).unwrap().version(), (2, 0));
    let folder = place.path("old");
    for base in [&base, &old, &folder] {
        assert!(place.restore(&archive, &[base]).unwrap() == fs::read(&fine).unwrap());
    }
    // The same archive, whatever its base is stored as.
    let from_archive = place.compress(&fine, "again.wcodec", &[&old]);
    assert!(fs::read(from_archive).unwrap() == fs::read(&archive).unwrap());
    // The reference decoder agrees.
    let of_base = |hash: u64, _: u64| {
        let found = [&a, &b, &small].into_iter();
        found.map(|t| &t.data).find(|data| twox_hash::XxHash3_64::oneshot(data) == hash).cloned()
    };
    let sources = reference::Sources { other: &|_, _| None, base: &of_base };
    let decoded = reference::decode_archive_of(&fs::read(&archive).unwrap(), &sources).unwrap();
    assert!(reference::original_file(&decoded).unwrap() == fs::read(&fine).unwrap());
}

/// A base of the old tensor, and an archive against it: `a` is the new one, `same` the old.
fn base_and_archive(place: &Place, old: &Tensor, new: &Tensor) -> (PathBuf, Archive) {
    let base = place.put("base.safetensors", &[("a", old), ("b", old)]);
    let fine = place.put("fine.safetensors", &[("a", new), ("same", old)]);
    let archive = Archive::open(place.compress(&fine, "fine.wcodec", &[&base])).unwrap();
    (base, archive)
}

/// Every way of reading an archive tells what it needs, and none gives other bytes.
#[test]
fn no_reader_takes_a_delta_for_a_tensor() {
    let place = Place::new();
    let old = tensor(200, 1);
    let new = trained(&old, 3);
    let (base, archive) = base_and_archive(&place, &old, &new);
    for (name, expected) in [("a", &new), ("same", &old)] {
        let mut out = vec![0; old.data.len()];
        let errors = [
            archive.decode_tensor(name, &cpu()).unwrap_err(),
            archive.decode_vec::<u16>(name, &cpu()).unwrap_err(),
            archive.decode_to(name, &cpu(), &mut out).unwrap_err(),
            archive.decode_rows(name, 3..4, &cpu()).unwrap_err(),
            archive.reader(name).unwrap_err(),
            wcodec::BlobSource::read_blob_at(&archive, 0, 0, &mut [0; 8]).unwrap_err(),
            archive.decode_against(name, &expected.data[2..], &cpu()).unwrap_err(),
        ];
        for error in errors {
            assert_eq!(error.code(), "base_needed", "{error}");
        }
        assert!(archive.decode_against(name, &old.data, &cpu()).unwrap() == expected.data);
        let bases = Bases::open([&base], Limits::default()).unwrap();
        assert!(bases.decode(&archive, name, &cpu()).unwrap() == expected.data);
    }
}

#[test]
fn rows_and_columns_are_decoded_with_bases() {
    let place = Place::new();
    let old = tensor(200, 1);
    let new = trained(&old, 3);
    let (base, archive) = base_and_archive(&place, &old, &new);
    let bases = Bases::open([&base], Limits::default()).unwrap();
    let row = 512;
    for (name, whole) in [("a", &new.data), ("same", &old.data)] {
        let decode = |rows, columns, len| {
            let mut out = vec![0xA5; len];
            bases.decode_part_to(&archive, name, rows, columns, &cpu(), &mut out).map(|()| out)
        };
        assert!(decode(3..7, None, 4 * row).unwrap() == whole[3 * row..7 * row]);
        let columns = decode(3..7, Some(10..200), 4 * 380).unwrap();
        let lines = whole[3 * row..7 * row].chunks(row);
        assert!(lines.map(|line| &line[20..400]).eq(columns.chunks(380)));
        assert!(decode(5..5, None, 0).unwrap().is_empty());
        for (rows, columns, len) in
            [(3..201, None, row), (3..7, Some(10..300), row), (3..7, None, row)]
        {
            let refused = decode(rows, columns, len).unwrap_err();
            assert_eq!(refused.code(), "invalid_argument", "{refused}");
        }
    }
}

#[test]
fn renamed_tensors_are_found_by_hash_and_by_likeness() {
    let place = Place::new();
    let (a, b) = (tensor(200, 1), tensor(200, 2));
    let base = place.put("base.safetensors", &[("a", &a), ("b", &b)]);
    let fine = place.put("fine.safetensors", &[("model.a", &a), ("model.b", &trained(&b, 3))]);
    let archive = place.compress(&fine, "fine.wcodec", &[&base]);
    assert_eq!(kinds(&archive), ["unchanged", "against"]);
    assert!(place.restore(&archive, &[&base]).unwrap() == fs::read(&fine).unwrap());
}

#[test]
fn rows_of_a_vocabulary_are_found_where_they_are() {
    let place = Place::new();
    let old = tensor(900, 1);
    let row = 512;
    let mut data: Vec<u8> = old.data.chunks(row).rev().take(600).flatten().copied().collect();
    data.extend(tensor(10, 7).data);
    let new = Tensor { shape: vec![610, 256], data, ..old.clone() };
    let base = place.put("base.safetensors", &[("embed", &old)]);
    let fine = place.put("fine.safetensors", &[("embed", &new)]);
    let archive = place.compress(&fine, "fine.wcodec", &[&base]);
    assert_eq!(kinds(&archive), ["against"]);
    assert!(fs::metadata(&archive).unwrap().len() < 16_000);
    assert!(place.restore(&archive, &[&base]).unwrap() == fs::read(&fine).unwrap());
}

#[test]
fn a_folder_comes_back_with_the_folder_that_it_was_made_from() {
    let place = Place::new();
    let (a, b) = (tensor(200, 1), tensor(300, 2));
    place.put("old/1.safetensors", &[("a", &a)]);
    place.put("old/2.safetensors", &[("b", &b)]);
    let tuned = trained(&b, 4);
    place.put("fine/1.safetensors", &[("b", &tuned)]);
    place.put("fine/deep/2.safetensors", &[("a", &a), ("tied", &tuned)]);
    let decoder = cpu();
    let bases = Bases::open([place.path("old")], Limits::default()).unwrap();
    let options = CompressOptions::new().verify(&decoder).bases(&bases);
    let [fine, made, back] = ["fine", "made", "back"].map(|name| place.path(name));
    compress_folder(&fine, &made, &options, &()).unwrap();
    let options = DecompressOptions::new(&decoder);
    let without = decompress_folder(&made, &back, &options, &()).unwrap_err();
    assert_eq!(without.code(), "base_needed");
    assert!(!back.exists());
    decompress_folder(&made, &back, &options.bases(&bases), &()).unwrap();
    let content = |folder: &Path| -> Vec<(PathBuf, Vec<u8>)> {
        let relative = |path: PathBuf| path.strip_prefix(folder).unwrap().to_path_buf();
        tree(folder).into_iter().map(|(path, bytes)| (relative(path), bytes)).collect()
    };
    assert!(content(&back) == content(&fine));
    let verified = verify_folder(&made, &VerifyOptions::new(&decoder).bases(&bases), &());
    assert_eq!(verified.unwrap().tensors, 3);
}

/// Three steps, each coded against the one before.
pub fn chain(place: &Place) -> (Vec<PathBuf>, PathBuf) {
    let mut tensor = tensor(200, 1);
    let mut files = vec![place.put("0.safetensors", &[("a", &tensor)])];
    let mut source = files[0].clone();
    for step in 1..4 {
        tensor = trained(&tensor, step);
        source = place.put(&format!("{step}.safetensors"), &[("a", &tensor)]);
        let bases: Vec<&Path> = files.iter().map(PathBuf::as_path).collect();
        files.push(place.compress(&source, &format!("{step}.wcodec"), &bases));
    }
    (files, source)
}

#[test]
fn a_chain_is_made_shorter() {
    let place = Place::new();
    let (files, last) = chain(&place);
    let decoder = cpu();
    let all = Bases::open(&files[..3], Limits::default()).unwrap();
    let first = Bases::open(&files[..1], Limits::default()).unwrap();
    let from = DecompressOptions::new(&decoder).bases(&all);
    for (name, bases) in [("onto.wcodec", Some(&first)), ("alone.wcodec", None)] {
        let to = CompressOptions::new().verify(&decoder).bases(bases);
        let target = place.path(name);
        rebase_file(&files[3], &target, &from, &to, &()).unwrap();
        let needed: Vec<&Path> = bases.iter().map(|_| files[0].as_path()).collect();
        assert!(place.restore(&target, &needed).unwrap() == fs::read(&last).unwrap(), "{name}");
        assert_eq!(Archive::open(&target).unwrap().needs_base(), bases.is_some());
        let again = rebase_file(&files[3], &target, &from, &to, &()).unwrap_err();
        assert_eq!(again.code(), "output_exists");
    }
    let without = DecompressOptions::new(&decoder).bases(&first);
    let target = place.path("none.wcodec");
    let failed = rebase_file(&files[3], &target, &without, &CompressOptions::new(), &());
    assert_eq!(failed.unwrap_err().code(), "base_needed");
    let left = support::safetensors_source::names(place.folder.path());
    assert!(!left.iter().any(|name| name.contains("none") || name.contains("tmp")), "{left:?}");
}
