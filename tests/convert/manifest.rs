//! The manifest of a compressed folder: its content, and the faults that it reveals.

use crate::{compress_into, model_folder, relative_tree, restore_into, verify};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use support::safetensors_source::{names, put, small_model};
use tempfile::TempDir;
use twox_hash::XxHash3_64;
use wcodec::convert::MANIFEST;

/// A model folder, and the folder that it was compressed to.
pub fn compressed() -> (TempDir, PathBuf, PathBuf) {
    let folder = TempDir::new().unwrap();
    let (model, target) = (model_folder(folder.path()), folder.path().join("out"));
    fs::remove_dir_all(model.join(".git")).unwrap();
    compress_into(&model, &target).unwrap();
    (folder, model, target)
}

pub fn hex(bytes: &[u8]) -> String {
    format!("{:016x}", XxHash3_64::oneshot(bytes))
}

/// The hash of a file as FORMAT.md has it: of an archive that of the preamble and the header.
fn listed_hash(bytes: &[u8], kind: &str) -> String {
    match kind {
        "archive" => {
            let blobs_end = u64::from_le_bytes(bytes[32..40].try_into().unwrap()) as usize;
            hex(&[&bytes[..64], &bytes[blobs_end..]].concat())
        }
        _ => hex(bytes),
    }
}

#[test]
fn everything_in_a_folder_is_listed() {
    let (_folder, model, target) = compressed();
    let text = fs::read_to_string(target.join(MANIFEST)).unwrap();
    let manifest: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&manifest["format"], &manifest["version"]), (&"wcodec folder".into(), &1.into()));
    let checksum = manifest["xxh3"].as_str().unwrap();
    assert_eq!(checksum, hex(text.split_at(text.rfind(checksum).unwrap()).0.as_bytes()));
    let files = manifest["files"].as_array().unwrap();
    let mut listed = vec![PathBuf::from(MANIFEST)];
    for file in files {
        let [name, kind] = ["name", "kind"].map(|member| file[member].as_str().unwrap());
        let bytes = fs::read(target.join(name)).unwrap();
        assert_eq!(file["bytes"], bytes.len(), "{name}");
        assert_eq!(file["xxh3"], listed_hash(&bytes, kind), "{name}");
        let original = Path::new(file["original"].as_str().unwrap_or(name)).file_name().unwrap();
        assert!(model.join(name).with_file_name(original).is_file(), "{name}");
        assert_eq!(kind == "archive", name.ends_with(".wcodec"), "{name}");
        listed.push(name.into());
    }
    listed.sort();
    let there: Vec<_> = relative_tree(&target).into_iter().map(|(path, _)| path).collect();
    assert_eq!(listed, there);
}

/// Both verifying and restoring fail with bad data, and the latter makes nothing; returns what the
/// first says.
#[track_caller]
pub fn refused(folder: &Path, what: &str) -> String {
    let parent = TempDir::new().unwrap();
    let restored = restore_into(folder, &parent.path().join("back"));
    assert!(restored.expect_err(what).is_bad_data(), "{what}");
    assert!(names(parent.path()).is_empty(), "{what}");
    let error = verify(folder).expect_err(what);
    assert!(error.is_bad_data(), "{what}: {error}");
    error.to_string()
}

#[test]
fn whatever_is_missing_is_found() {
    let (_folder, _, target) = compressed();
    let files = relative_tree(&target);
    for (name, bytes) in files.iter().filter(|(name, _)| name != Path::new(MANIFEST)) {
        let path = target.join(name);
        fs::remove_file(&path).unwrap();
        let said = refused(&target, &name.display().to_string());
        assert!(said.contains("missing") && said.contains(path.to_str().unwrap()), "{said}");
        fs::write(&path, bytes).unwrap();
    }
    assert!(verify(&target).unwrap().manifest.is_some());
}

#[test]
fn whatever_is_changed_is_found() {
    let (_folder, _, target) = compressed();
    let files = relative_tree(&target);
    for (name, bytes) in files.iter().filter(|(_, bytes)| !bytes.is_empty()) {
        let path = target.join(name);
        let mut one_bit = bytes.clone();
        one_bit[bytes.len() / 2] ^= 4;
        let longer = [bytes.as_slice(), b"\0"].concat();
        for changed in [&[][..], &bytes[..bytes.len() / 2], &one_bit, &longer] {
            fs::write(&path, changed).unwrap();
            let said = refused(&target, &format!("{}, {} bytes", name.display(), changed.len()));
            assert!(said.contains(path.to_str().unwrap()), "{said}");
        }
        fs::write(&path, bytes).unwrap();
    }
}

/// Each is whole, and both may be of one size: only the manifest tells that they changed places.
#[test]
fn archives_that_changed_places_are_found() {
    let folder = TempDir::new().unwrap();
    let (model, target) = (folder.path().join("model"), folder.path().join("out"));
    let whole = small_model();
    let mut other = whole.clone();
    let at = other.len() - 1;
    other[at] ^= 1;
    put(&model, "a.safetensors", &whole);
    put(&model, "b.safetensors", &other);
    compress_into(&model, &target).unwrap();
    let [a, b, c] = ["a.wcodec", "b.wcodec", "c"].map(|name| target.join(name));
    for (from, to) in [(&a, &c), (&b, &a), (&c, &b)] {
        fs::rename(from, to).unwrap();
    }
    assert!(refused(&target, "swapped").contains("a.wcodec"));
}

#[test]
fn every_bit_of_a_manifest_counts() {
    let (_folder, _, target) = compressed();
    let path = target.join(MANIFEST);
    let whole = fs::read(&path).unwrap();
    for at in 0..whole.len() {
        for bit in 0..8 {
            let mut changed = whole.clone();
            changed[at] ^= 1 << bit;
            fs::write(&path, changed).unwrap();
            let error = verify(&target).expect_err("a bit was turned");
            assert!(error.is_bad_data(), "bit {bit} of byte {at}: {error}");
        }
    }
    // Without the line's end it is the same JSON.
    for len in 0..whole.len() - 1 {
        fs::write(&path, &whole[..len]).unwrap();
        assert!(verify(&target).expect_err("it was cut").is_bad_data(), "{len} bytes");
    }
}

/// Folders that were compressed before there were manifests.
#[test]
fn a_folder_without_a_manifest_is_read_and_may_be_incomplete() {
    let (folder, model, target) = compressed();
    fs::remove_file(target.join(MANIFEST)).unwrap();
    let summary = verify(&target).unwrap();
    assert_eq!((summary.tensors, summary.manifest), (4, None));
    let restored = folder.path().join("back");
    restore_into(&target, &restored).unwrap();
    assert!(relative_tree(&restored) == relative_tree(&model));
}

#[test]
fn files_that_are_not_listed_come_along() {
    let (folder, model, target) = compressed();
    put(&target, "README.md", b"added later");
    fs::copy(target.join("sub/adapter.wcodec"), target.join("added.wcodec")).unwrap();
    assert_eq!(verify(&target).unwrap().tensors, 4);
    let restored = folder.path().join("back");
    restore_into(&target, &restored).unwrap();
    assert_eq!(fs::read(restored.join("README.md")).unwrap(), b"added later");
    let adapter = fs::read(model.join("sub/adapter.safetensors")).unwrap();
    assert_eq!(fs::read(restored.join("added.safetensors")).unwrap(), adapter);
    // One that would take another's name is refused.
    put(&target, "tokenizer.json.wcodec", &fs::read(target.join("added.wcodec")).unwrap());
    put(&target, "tokenizer.json.safetensors", b"");
    let error = restore_into(&target, &folder.path().join("again")).unwrap_err();
    assert!(error.to_string().contains("would both become"), "{error}");
}

/// Indexes are of the folder as it was, in whose names the archives are not.
#[test]
fn an_index_that_names_absent_shards_is_bad_data() {
    let folder = TempDir::new().unwrap();
    let (model, target) = (folder.path().join("model"), folder.path().join("out"));
    put(&model, "a/x-1.safetensors", &small_model());
    let index = |shards: &str| format!("{{\"metadata\": {{}}, \"weight_map\": {{{shards}}}}}");
    let here = index("\"w\": \"x-1.safetensors\", \"v\": \"x-1.safetensors\"");
    put(&model, "a/x.safetensors.index.json", here.as_bytes());
    // Of another format, which was not downloaded; and no index at all.
    put(&model, "a/pytorch_model.bin.index.json", index("\"w\": \"x-1.bin\"").as_bytes());
    put(&model, "b/x.safetensors.index.json", b"[]");
    compress_into(&model, &target).unwrap();
    verify(&target).unwrap();
    for shards in
        ["\"w\": \"x-2.safetensors\"", "\"w\": \"../b/x-1.safetensors\"", "\"w\": \"x-1.wcodec\""]
    {
        put(&model, "a/x.safetensors.index.fp16.json", index(shards).as_bytes());
        fs::remove_dir_all(&target).unwrap();
        compress_into(&model, &target).unwrap();
        for _with_and_without_a_manifest in 0..2 {
            let error = verify(&target).unwrap_err();
            assert!(error.is_bad_data(), "{error}");
            let said = error.to_string();
            assert!(said.contains("x.safetensors.index.fp16.json"), "{said}");
            assert!(said.contains("does not have"), "{said}");
            let _ = fs::remove_file(target.join(MANIFEST));
        }
    }
}
