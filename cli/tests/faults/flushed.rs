//! All outputs are flushed to disk, so that no power cut takes one that was said to be done.

use crate::program::{DONE, library, wcodec};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use support::safetensors_source::{put, small_model, tree};
use tempfile::TempDir;

/// The name that a file or folder had in the end.
fn finished(name: &str) -> &str {
    let temporary = name.strip_prefix('.').and_then(|name| name.strip_suffix(".wcodec-tmp"));
    temporary.and_then(|name| name.rsplit_once('.')).map_or(name, |(name, _)| name)
}

/// The files and folders below `folder` that were flushed.
fn flushed(folder: &Path, list: &Path) -> BTreeSet<PathBuf> {
    let folder = folder.canonicalize().unwrap();
    let list = fs::read_to_string(list).unwrap();
    let inside = list.lines().filter_map(|path| Path::new(path).strip_prefix(&folder).ok());
    inside.map(|path| path.iter().map(|name| finished(name.to_str().unwrap())).collect()).collect()
}

#[test]
fn every_file_and_every_folder() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    let elsewhere = TempDir::new().unwrap();
    put(folder, "d/model.safetensors", &small_model());
    put(folder, "d/sub/deep/config.json", b"{}");
    fs::create_dir(folder.join("d/empty")).unwrap();
    for (run, force) in [("new", &[][..]), ("replaced", &["-f"])] {
        let list = elsewhere.path().join(run);
        let arguments = ["-q", "compress", "d", "--output-dir", "made/for/it"];
        let mut command = wcodec(folder, &[&arguments[..], force].concat());
        command.env("LD_PRELOAD", library("faulty_disk")).env("FAULTY_FLUSHED", &list);
        assert_eq!(command.status().unwrap().code(), Some(DONE));
        let flushed = flushed(folder, &list);
        let target = folder.join("made/for/it/d.wcodec");
        let files = tree(&target).into_iter().map(|(path, _)| path);
        let folders = ["", "sub", "sub/deep", "empty"].map(|name| target.join(name));
        // And those that the output was given a name in.
        let above = if run == "new" {
            &["", "made", "made/for", "made/for/it"][..]
        } else {
            &["made/for/it"]
        };
        for path in files.chain(folders).chain(above.iter().map(|name| folder.join(name))) {
            let path = path.strip_prefix(folder).unwrap();
            assert!(flushed.contains(path), "{run}: {path:?} is not in {flushed:?}");
        }
    }
}
