//! The writer of a format version's golden files: each blob is written once, when its feature is
//! new; a new version's files begin empty.
//!
//! `WCODEC_WRITE_GOLDEN=1 cargo test --test golden write_golden -- --ignored`

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{env, fs};
use support::golden::{
    AGAINST, ARCHIVE, AS_IS, BLOBS, Combination, FOLDER, LIST, Packed, model, packed,
};
use support::safetensors_source::put;
use tempfile::TempDir;
use twox_hash::XxHash3_64;
use wcodec::container::Limits;
use wcodec::convert::{Bases, CompressOptions, compress_file, compress_folder};

fn target(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

#[test]
#[ignore = "writes golden files, which is done once for each part of the format"]
fn write_golden() {
    assert!(env::var_os("WCODEC_WRITE_GOLDEN").is_some(), "WCODEC_WRITE_GOLDEN is not set");
    // Old files stay readable, so they stay.
    let (mut blobs, mut list) = (BLOBS.to_vec(), LIST.to_owned());
    let written: BTreeSet<String> = Packed::all().into_iter().map(|packed| packed.name).collect();
    for combination in Combination::all() {
        if written.contains(&combination.name()) {
            continue;
        }
        let original = combination.original();
        let blob = combination.options().encoder().encode(&original.view()).unwrap();
        let hash = XxHash3_64::oneshot(&original.data);
        let byte_len = original.data.len();
        list += &packed::line(&combination.name(), blobs.len(), &blob, byte_len, hash);
        blobs.extend_from_slice(&blob);
    }
    fs::write(target("v2.bin"), blobs).unwrap();
    fs::write(target("v2.txt"), list).unwrap();
    if ARCHIVE.is_empty() {
        fs::write(target("v2.wcodec"), archive()).unwrap();
    }
    if AS_IS.is_empty() {
        fs::write(target("v2-as-is.wcodec"), as_is()).unwrap();
    }
    if FOLDER.iter().any(|(_, file)| file.is_empty()) {
        write_folder();
        println!(
            "what is coded against the folder is written once that is compiled in: run it again"
        );
    } else if AGAINST.is_empty() {
        fs::write(target("v2-against.wcodec"), against()).unwrap();
    }
}

/// A file that is no sound one, as `--as-is` carries it.
fn as_is() -> Vec<u8> {
    let folder = TempDir::new().unwrap();
    let (source, target) = (folder.path().join("odd.safetensors"), folder.path().join("odd"));
    fs::write(&source, model::odd_file()).unwrap();
    compress_file(&source, &target, &CompressOptions::new().as_is(true), &()).unwrap();
    fs::read(target).unwrap()
}

/// A file that is coded against another.
fn against() -> Vec<u8> {
    let folder = TempDir::new().unwrap();
    let base = put(folder.path(), "base.wcodec", FOLDER[0].1);
    let source = put(folder.path(), "fine.safetensors", &model::fine());
    let made = folder.path().join("fine.wcodec");
    let bases = Bases::open([base], Limits::default()).unwrap();
    compress_file(&source, &made, &CompressOptions::new().bases(&bases), &()).unwrap();
    fs::read(made).unwrap()
}

fn write_folder() {
    let folder = TempDir::new().unwrap();
    let [source, made] = ["source", "made"].map(|name| folder.path().join(name));
    for (name, bytes) in model::shards() {
        put(&source, name, &bytes);
    }
    compress_folder(&source, &made, &CompressOptions::default(), &()).unwrap();
    for (name, _) in FOLDER {
        fs::copy(made.join(name), target("v2-folder").join(name)).unwrap();
    }
}

/// The model as the command line compresses it.
fn archive() -> Vec<u8> {
    let folder = TempDir::new().unwrap();
    let (source, target) = (folder.path().join("model.safetensors"), folder.path().join("model"));
    fs::write(&source, model::safetensors()).unwrap();
    compress_file(&source, &target, &CompressOptions::default(), &()).unwrap();
    fs::read(target).unwrap()
}
