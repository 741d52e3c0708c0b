//! Safetensors files that other tools write and that are refused here: each is carried as it is,
//! alone where that is asked for, and in a folder always.

use crate::{compress, compress_into, cpu, decompress, relative_tree, restore_into, verify};
use std::fs;
use std::path::Path;
use support::safetensors_source::{file, file_of, names, put, small_model, weights};
use tempfile::TempDir;
use wcodec::container::Manifest;
use wcodec::convert::{CompressOptions, VerifyOptions, compress_file, verify_file};
use wcodec::{Archive, Model};

/// Files that are refused, and why.
fn refused() -> Vec<(&'static str, Vec<u8>)> {
    let entry = |name: &str, dtype: &str, from: usize, to: usize| {
        let len = to - from;
        format!(r#""{name}":{{"dtype":"{dtype}","shape":[{len}],"data_offsets":[{from},{to}]}}"#)
    };
    let one = |entry: String, data: usize| file(&format!("{{{entry}}}"), &weights(data, 1));
    let mut trailing = small_model();
    trailing.extend_from_slice(b"signature");
    let numbers = r#"{"step":1000,"ema":{"decay":0.999}}"#;
    let two = [entry("a", "U8", 0, 9), entry("b", "U8", 16, 99)].join(",");
    vec![
        ("a gap between tensors", one(two, 99)),
        ("a gap before all", one(entry("a", "U8", 8, 99), 99)),
        ("bytes after the end", trailing),
        ("numbers as metadata", file_of(&[("a", "U8", "[999]", 999)], Some(numbers))),
        ("a dtype from the future", one(entry("a", "F12_E5M6", 0, 999), 999)),
        ("a dtype in lower case", one(entry("a", "u8", 0, 999), 999)),
        ("an absolute name", one(entry("/encoder/layer.0/MatMul", "U8", 0, 99), 99)),
        ("a tensor twice", one([entry("a", "U8", 0, 9), entry("a", "U8", 9, 99)].join(","), 99)),
        ("the end missing", small_model()[..5000].to_vec()),
        ("no header at all", weights(70_000, 3)),
        ("nothing at all", Vec::new()),
    ]
}

/// The library and the reference restore it to the byte, and a flipped bit is found.
#[test]
fn a_file_alone_is_carried_where_that_is_asked_for() {
    for (what, bytes) in refused() {
        let folder = TempDir::new().unwrap();
        let source = put(folder.path(), "a.safetensors", &bytes);
        let [archive, restored] = ["a.wcodec", "back"].map(|name| folder.path().join(name));
        let refusal = compress(&source, &archive).expect_err(what);
        assert!(refusal.is_bad_data() || refusal.code() == "invalid_argument", "{what}: {refusal}");
        assert!(!archive.exists(), "{what}");
        let decoder = cpu();
        let options = CompressOptions::new().verify(&decoder).as_is(true);
        let summary = compress_file(&source, &archive, &options, &()).expect(what);
        assert_eq!(summary.input_bytes, bytes.len() as u64, "{what}");
        verify_file(&archive, &VerifyOptions::new(&decoder), &()).expect(what);
        let summary = decompress(&archive, &restored).expect(what);
        assert!(fs::read(&restored).unwrap() == bytes, "{what}: another file came back");
        assert_eq!(summary.output_bytes, bytes.len() as u64, "{what}");
        let opened = Archive::open(&archive).unwrap();
        assert!(opened.is_file_as_is() && opened.safetensors_header().is_none(), "{what}");
        let error = Model::open(&archive).expect_err(what);
        assert_eq!(error.code(), "wrong_format", "{what}: {error}");
        let mut stored = fs::read(&archive).unwrap();
        let by_reference = reference::decode_archive(&stored).expect(what);
        assert!(by_reference.as_is, "{what}");
        assert_eq!(reference::original_file(&by_reference), Some(bytes), "{what}");
        let middle = stored.len() / 2;
        stored[middle] ^= 0x10;
        fs::write(&archive, stored).unwrap();
        assert!(verify_file(&archive, &VerifyOptions::new(&decoder), &()).is_err(), "{what}");
    }
}

/// Only what is refused is carried: the option changes nothing for any other file.
#[test]
fn a_sound_file_is_compressed_as_ever() {
    let folder = TempDir::new().unwrap();
    let source = put(folder.path(), "a.safetensors", &small_model());
    let archives = [false, true].map(|as_is| {
        let target = folder.path().join(format!("{as_is}.wcodec"));
        let options = CompressOptions::new().as_is(as_is);
        compress_file(&source, &target, &options, &()).unwrap();
        fs::read(target).unwrap()
    });
    assert!(archives[0] == archives[1]);
    assert!(!Archive::from_bytes(archives[0].clone()).unwrap().is_file_as_is());
}

/// A missing file is no file to carry.
#[test]
fn only_what_is_in_a_file_is_a_reason() {
    let folder = TempDir::new().unwrap();
    let [source, target] = ["absent", "a.wcodec"].map(|name| folder.path().join(name));
    let options = CompressOptions::new().as_is(true);
    let error = compress_file(&source, &target, &options, &()).unwrap_err();
    assert_eq!(error.code(), "io");
}

/// Longer than one piece, and ending within one.
#[test]
fn a_long_file_is_carried_in_pieces() {
    let folder = TempDir::new().unwrap();
    let mut bytes = vec![0; (33 << 20) + 5];
    let noise = weights(9000, 5);
    let at = (32 << 20) - 4500;
    bytes[at..at + 9000].copy_from_slice(&noise);
    let source = put(folder.path(), "a.safetensors", &bytes);
    let [archive, restored] = ["a.wcodec", "back"].map(|name| folder.path().join(name));
    let options = CompressOptions::new().as_is(true);
    compress_file(&source, &archive, &options, &()).unwrap();
    assert_eq!(Archive::open(&archive).unwrap().tensors().len(), 2);
    decompress(&archive, &restored).unwrap();
    assert!(fs::read(&restored).unwrap() == bytes);
}

#[test]
fn nothing_in_a_file_blocks_its_folder() {
    for (what, bytes) in refused() {
        let folder = TempDir::new().unwrap();
        let [model, target, back] = ["model", "out", "back"].map(|name| folder.path().join(name));
        let odd = put(&model, "vae/odd.safetensors", &bytes);
        for with_another in [false, true] {
            if with_another {
                put(&model, "sound.safetensors", &small_model());
            }
            let summary = compress_into(&model, &target).expect(what);
            assert_eq!(summary.as_is, std::slice::from_ref(&odd), "{what}");
            assert_eq!(summary.converted.len(), usize::from(with_another), "{what}");
            assert!(fs::read(target.join("vae/odd.safetensors")).unwrap() == bytes, "{what}");
            verify(&target).expect(what);
            restore_into(&target, &back).expect(what);
            assert!(relative_tree(&back) == relative_tree(&model), "{what}");
            let copied = target.join("vae/odd.safetensors");
            check_damage_is_found(&target, &copied, &bytes, what);
            [&target, &back].iter().for_each(|made| fs::remove_dir_all(made).unwrap());
        }
        assert_eq!(names(folder.path()), ["model"], "{what}");
    }
}

fn check_damage_is_found(target: &Path, copied: &Path, bytes: &[u8], what: &str) {
    let mut damaged = bytes.to_vec();
    match damaged.last_mut() {
        Some(last) => *last ^= 1,
        None => damaged.push(0),
    }
    fs::write(copied, damaged).unwrap();
    assert!(verify(target).expect_err(what).is_bad_data(), "{what}");
    fs::remove_file(copied).unwrap();
    assert!(verify(target).expect_err(what).to_string().contains("odd.safetensors"), "{what}");
}

#[test]
fn a_file_as_it_is_has_no_header_of_its_own() {
    let manifest = Manifest::new(Vec::new()).safetensors_header("{}".to_owned()).as_is(true);
    assert_eq!(manifest.check().unwrap_err().code(), "invalid_argument");
}
