//! The entries that count as parts of a folder.

use crate::{compress_into, relative_tree, restore_into, verify};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use support::safetensors_source::{names, put, small_model};
use tempfile::TempDir;
use wcodec::Error;
use wcodec::convert::{Contents, archives_in, check_removable, checkpoints_in};

/// Bytes of the files below a folder.
fn bytes_in(folder: &Path) -> u64 {
    relative_tree(folder).iter().map(|(_, bytes)| bytes.len() as u64).sum()
}

#[test]
fn links_to_folders_are_followed() {
    let folder = TempDir::new().unwrap();
    let model = folder.path().join("model");
    put(folder.path(), "shared/deep/b.safetensors", &small_model());
    put(folder.path(), "shared/vocab.txt", b"a b c");
    put(&model, "a.safetensors", &small_model());
    symlink("../shared", model.join("text_encoder")).unwrap();
    let [target, restored] = ["out", "back"].map(|name| folder.path().join(name));
    let summary = compress_into(&model, &target).unwrap();
    assert_eq!((summary.converted.len(), summary.copied.len()), (2, 1));
    assert!(target.join("text_encoder/deep/b.wcodec").is_file());
    assert!(target.join("text_encoder").symlink_metadata().unwrap().is_dir());
    restore_into(&target, &restored).unwrap();
    assert!(relative_tree(&restored) == relative_tree(&model));
}

#[test]
fn links_that_lead_round_in_circles_end() {
    let folder = TempDir::new().unwrap();
    let model = folder.path().join("model");
    put(&model, "a/one.safetensors", &small_model());
    put(folder.path(), "outside/two.safetensors", &small_model());
    for (to, name) in [
        (".", "model/self"),
        ("..", "model/parent"),
        ("/", "model/a/root"),
        ("../../model", "model/a/model"),
        ("../../outside", "model/a/outside"),
        ("../model/a", "outside/back"),
        ("../outside", "outside/self"),
    ] {
        symlink(to, folder.path().join(name)).unwrap();
    }
    let target = folder.path().join("out");
    let summary = compress_into(&model, &target).unwrap();
    assert_eq!(summary.converted.len(), 2);
    assert_eq!(names(&target.join("a")), ["one.wcodec", "outside"]);
    assert_eq!(names(&target), ["a", "wcodec.json"]);
    assert!(summary.left_out.is_empty(), "{:?}", summary.left_out);
}

/// Each folder has two links to the next, so that there are 2^40 paths to the last.
#[test]
fn links_that_multiply_are_refused() {
    let folder = TempDir::new().unwrap();
    for level in 0..40 {
        let here = folder.path().join(format!("level{level}"));
        fs::create_dir(&here).unwrap();
        for name in ["a", "b"] {
            symlink(format!("../level{}", level + 1), here.join(name)).unwrap();
        }
    }
    put(folder.path(), "level40/m.safetensors", &small_model());
    let error = compress_into(&folder.path().join("level0"), &folder.path().join("out"));
    let Err(Error::InvalidArgument(said)) = error else { panic!("{error:?}") };
    assert!(said.contains("links"), "{said}");
}

#[test]
fn hidden_folders_with_weights_are_told_of() {
    let folder = TempDir::new().unwrap();
    let model = folder.path().join("model");
    put(&model, "model.safetensors", &small_model());
    put(&model, ".git/lfs/objects/01/23/0123", &small_model());
    put(&model, ".cache/huggingface/download/model.safetensors.metadata", b"0123");
    put(&model, "a/.old/weights", &small_model());
    put(&model, ".b/c/d.json", b"{}");
    let target = folder.path().join("out");
    let summary = compress_into(&model, &target).unwrap();
    assert_eq!(summary.left_out, [model.join("a/.old")]);
    put(&target, ".hidden/model.wcodec", &fs::read(target.join("model.wcodec")).unwrap());
    assert_eq!(verify(&target).unwrap().left_out, [target.join(".hidden")]);
}

/// A repository in a Hugging Face cache, with a snapshot of links into its blobs.
fn cached_repository(folder: &Path) -> std::path::PathBuf {
    let repository = folder.join("models--owner--name");
    put(&repository, "blobs/0123", &small_model());
    put(&repository, "blobs/4567", b"{}");
    put(&repository, "refs/main", b"abc");
    let snapshot = repository.join("snapshots/abc");
    fs::create_dir_all(&snapshot).unwrap();
    symlink("../../blobs/0123", snapshot.join("model.safetensors")).unwrap();
    symlink("../../blobs/4567", snapshot.join("config.json")).unwrap();
    repository
}

#[test]
fn what_is_written_is_what_is_counted() {
    let folder = TempDir::new().unwrap();
    let repository = cached_repository(folder.path());
    for source in [repository.join("snapshots/abc"), repository] {
        let [target, restored] = ["out", "back"].map(|name| folder.path().join(name));
        let summary = compress_into(&source, &target).unwrap();
        assert_eq!(summary.input_bytes, bytes_in(&source));
        assert_eq!(summary.output_bytes, bytes_in(&target));
        // Blobs have no extension, but are safetensors all the same.
        assert!(summary.output_bytes < summary.input_bytes);
        let summary = restore_into(&target, &restored).unwrap();
        assert_eq!(summary.output_bytes, bytes_in(&restored));
        assert!(relative_tree(&restored) == relative_tree(&source));
        fs::remove_dir_all(target).unwrap();
        fs::remove_dir_all(restored).unwrap();
    }
}

#[test]
fn links_and_what_they_lead_to_in_a_cache_are_not_for_removal() {
    let folder = TempDir::new().unwrap();
    let repository = cached_repository(folder.path());
    let snapshot = repository.join("snapshots/abc");
    for source in [
        repository.join("blobs/0123"),
        snapshot.join("model.safetensors"),
        snapshot.clone(),
        repository.join("blobs"),
        repository,
    ] {
        let said = check_removable(&source).unwrap_err().to_string();
        assert!(said.contains("Hugging Face cache") && said.contains("--rm"), "{said}");
    }
    put(folder.path(), "plain/model.safetensors", &small_model());
    put(folder.path(), "linked/a.txt", b"a");
    symlink("plain", folder.path().join("link")).unwrap();
    symlink("../plain", folder.path().join("linked/plain")).unwrap();
    symlink("plain/model.safetensors", folder.path().join("link.safetensors")).unwrap();
    for source in ["link", "linked", "link.safetensors"] {
        let said = check_removable(folder.path().join(source)).unwrap_err().to_string();
        assert!(said.contains("link") && said.contains("free nothing"), "{said}");
    }
    for source in ["plain", "plain/model.safetensors"] {
        check_removable(folder.path().join(source)).unwrap();
    }
}

#[test]
fn checkpoints_are_found_by_their_contents_in_subfolders_too() {
    let folder = TempDir::new().unwrap();
    let model = folder.path().join("model");
    put(&model, "a.bin", &small_model());
    put(&model, "b/c.safetensors", &small_model());
    put(&model, "config.json", b"{}");
    let target = folder.path().join("out");
    compress_into(&model, &target).unwrap();
    fs::rename(target.join("a.bin.wcodec"), target.join("without extension")).unwrap();
    let found = checkpoints_in(folder.path()).unwrap();
    let expected = [
        ("model/a.bin", Contents::Safetensors),
        ("model/b/c.safetensors", Contents::Safetensors),
        ("out/b/c.wcodec", Contents::Archive),
        ("out/without extension", Contents::Archive),
    ];
    assert_eq!(found, expected.map(|(path, contents)| (folder.path().join(path), contents)));
    let archives = archives_in(folder.path()).unwrap();
    assert_eq!(archives, [&found[2].0, &found[3].0].map(Clone::clone));
}
