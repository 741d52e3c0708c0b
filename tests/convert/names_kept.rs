//! Names that come back, whatever they are.

use crate::{compress_into, relative_tree, restore_into, verify};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use support::safetensors_source::{file, put, small_model};
use tempfile::TempDir;
use wcodec::Archive;

/// Takes a folder there and back; returns how many files were compressed.
#[track_caller]
fn round_trip(model: &Path) -> usize {
    let folder = TempDir::new().unwrap();
    let [target, restored] = ["out", "back"].map(|name| folder.path().join(name));
    let summary = compress_into(model, &target).unwrap();
    assert!(verify(&target).unwrap().manifest.is_some());
    let back = restore_into(&target, &restored).unwrap();
    assert!(relative_tree(&restored) == relative_tree(model));
    assert_eq!(back.converted.len(), summary.converted.len());
    summary.converted.len()
}

#[test]
fn content_decides_and_names_come_back() {
    let model = TempDir::new().unwrap();
    let weights =
        ["ae.sft", "MODEL.SAFETENSORS", "weights", "model.bin", "sub/x.SafeTensors", ".w"];
    for name in weights {
        put(model.path(), name, &small_model());
    }
    // As it begins like one, but is none.
    let torn = &small_model()[..5000];
    for (name, bytes) in [("torn", torn), ("config.json", b"{}"), ("binary", &[0; 40])] {
        put(model.path(), name, bytes);
    }
    assert_eq!(round_trip(model.path()), weights.len());
}

#[test]
fn names_that_collide_come_back() {
    let model = TempDir::new().unwrap();
    let weights = [
        "a",
        "a.safetensors",
        "a.sft",
        "a.safetensors.safetensors",
        "a.sft.wcodec.safetensors",
        "b.safetensors",
        "c/d.safetensors",
    ];
    for name in weights {
        put(model.path(), name, &small_model());
    }
    // Folders, archives and files that have the names of archives to be; and of the manifest.
    put(model.path(), "b.wcodec/file", b"1");
    put(model.path(), "c/d.wcodec", b"2");
    put(model.path(), "wcodec.json", b"{\"format\": \"another\"}");
    put(model.path(), "wcodec.json.copy", b"3");
    put(model.path(), "c/wcodec.json", b"4");
    assert_eq!(round_trip(model.path()), weights.len());
}

#[test]
fn a_folder_with_compressed_parts_comes_back() {
    let folder = TempDir::new().unwrap();
    let model = folder.path().join("model");
    put(&model, "a.safetensors", &small_model());
    put(&model, "inner/b.safetensors", &small_model());
    compress_into(&model.join("inner"), &model.join("outer")).unwrap();
    fs::copy(model.join("outer/b.wcodec"), model.join("a.wcodec")).unwrap();
    assert_eq!(round_trip(&model), 2);
    let said = compress_into(&model.join("outer"), &folder.path().join("out")).unwrap_err();
    assert!(said.to_string().contains("compressed folder already"), "{said}");
}

#[test]
fn names_of_any_bytes_come_back() {
    let model = TempDir::new().unwrap();
    let longest = format!("{}.safetensors", "x".repeat(255 - 12));
    let names: [&[u8]; 8] = [
        b"\xff\xfe.safetensors",
        b"\xff.json",
        "größe 🦀 100%.safetensors".as_bytes(),
        b"back\\slash",
        b"new\nline",
        b"C:",
        longest.as_bytes(),
        &[b'y'; 255],
    ];
    for name in names {
        fs::write(model.path().join(OsStr::from_bytes(name)), small_model()).unwrap();
    }
    assert_eq!(round_trip(model.path()), names.len());
}

#[test]
fn empty_folders_and_permissions_come_back() {
    let folder = TempDir::new().unwrap();
    let model = folder.path().join("model");
    put(&model, "model.safetensors", &small_model());
    let script = put(&model, "run.sh", b"#!/bin/sh\n");
    fs::set_permissions(script, fs::Permissions::from_mode(0o750)).unwrap();
    fs::create_dir_all(model.join("logs/old")).unwrap();
    fs::create_dir_all(model.join("only/.hidden")).unwrap();
    let [target, restored] = ["out", "back"].map(|name| folder.path().join(name));
    compress_into(&model, &target).unwrap();
    // As uploading to where there are only files would do.
    fs::remove_dir_all(target.join("logs")).unwrap();
    verify(&target).unwrap();
    restore_into(&target, &restored).unwrap();
    assert!(restored.join("logs/old").is_dir() && restored.join("only").is_dir());
    assert!(!restored.join("only/.hidden").exists());
    let mode = fs::metadata(restored.join("run.sh")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o750);
}

/// An archive whose own name implies the source's name has the same bytes as before names were
/// stored.
#[test]
fn archives_store_names_only_where_their_own_does_not_tell() {
    let model = TempDir::new().unwrap();
    let stored = [
        ("model.safetensors", "model.wcodec", None),
        ("ae.sft", "ae.sft.wcodec", Some("ae.sft")),
        ("empty", "empty.wcodec", Some("empty")),
    ];
    for (name, ..) in stored {
        put(model.path(), name, &file("{}", b""));
    }
    let target = TempDir::new().unwrap();
    compress_into(model.path(), &target.path().join("out")).unwrap();
    for (_, archive, name) in stored {
        let archive = Archive::open(target.path().join("out").join(archive)).unwrap();
        assert_eq!(archive.file_name(), name);
    }
}
