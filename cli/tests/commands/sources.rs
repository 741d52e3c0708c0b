//! Sources under `--rm`, and sources that other programs change meanwhile.

use crate::could_not::folder_with_large_model;
use crate::{COULD_NOT, done, fails, stderr, wcodec};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Stdio;
use support::safetensors_source::{file_of, names, put, small_model, tree};
use tempfile::TempDir;

/// Returns whether the output of `large` is being written somewhere below a folder, of which parts
/// come and go.
fn has_temporary(folder: &Path) -> bool {
    fs::read_dir(folder).into_iter().flatten().flatten().any(|entry| {
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        entry.file_name().as_encoded_bytes().starts_with(b".large.")
            || is_folder && has_temporary(&entry.path())
    })
}

/// Runs a command and renames a newer file over one of its sources as soon as it writes; it must
/// not be done, and leave the newer file.
fn replace_meanwhile(folder: &Path, arguments: &[&str], source: &Path) {
    let newer = file_of(&[("newer", "U8", "[9]", 9)], None);
    let other = put(folder, "elsewhere/newer", &newer);
    let mut command = wcodec(folder, arguments);
    let mut run = command.stderr(Stdio::piped()).spawn().unwrap();
    // It is made after the source was opened, so that the newer file is never the one that is read.
    while !has_temporary(folder) {
        assert!(run.try_wait().unwrap().is_none(), "it was done before it began");
        std::thread::yield_now();
    }
    fs::rename(other, source).unwrap();
    let output = run.wait_with_output().unwrap();
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(COULD_NOT), "{arguments:?}: {said}");
    assert!(said.contains("changed meanwhile"), "{arguments:?}: {said}");
    assert!(fs::read(source).unwrap() == newer, "{arguments:?}: the newer file is gone");
}

#[test]
fn a_file_that_replaces_a_source_is_not_removed() {
    let (folder, source) = folder_with_large_model();
    let compress = ["-q", "-T1", "compress", "--rm", "large.safetensors"];
    replace_meanwhile(folder.path(), &compress, &source);
    assert_eq!(names(folder.path()), ["elsewhere", "large.safetensors"]);
}

#[test]
fn a_file_that_replaces_one_in_a_folder_is_not_removed() {
    let (folder, source) = folder_with_large_model();
    let model = folder.path().join("model");
    fs::create_dir(&model).unwrap();
    put(&model, "config.json", b"{}");
    let inside = model.join("large.safetensors");
    fs::rename(source, &inside).unwrap();
    let compress = ["-q", "-T1", "compress", "--rm", "model"];
    replace_meanwhile(folder.path(), &compress, &inside);
    assert_eq!(names(&model), ["config.json", "large.safetensors"]);
}

#[test]
fn an_archive_that_is_replaced_is_not_removed() {
    let (folder, _) = folder_with_large_model();
    done(folder.path(), &["-q", "compress", "--no-verify", "--rm", "large.safetensors"]);
    let decompress = ["-q", "-T1", "decompress", "--device=cpu", "--rm", "large.wcodec"];
    replace_meanwhile(folder.path(), &decompress, &folder.path().join("large.wcodec"));
    assert_eq!(names(folder.path()), ["elsewhere", "large.wcodec"]);
}

/// A snapshot in a Hugging Face cache is a folder of links to blobs.
#[test]
fn a_snapshot_of_a_cache_is_not_removed() {
    let folder = TempDir::new().unwrap();
    let blob = put(folder.path(), "models--a--b/blobs/0123", &small_model());
    let snapshot = folder.path().join("models--a--b/snapshots/main");
    fs::create_dir_all(&snapshot).unwrap();
    symlink("../../blobs/0123", snapshot.join("model.safetensors")).unwrap();
    let said = ["model.safetensors is a link into a Hugging Face cache", "leave out --rm"];
    for (source, command) in [
        ("models--a--b/snapshots/main", "compress"),
        ("models--a--b/snapshots/main/model.safetensors", "compress"),
        ("models--a--b/snapshots/main", "decompress"),
    ] {
        fails(folder.path(), &[command, "--rm", source, "-o", "out"], COULD_NOT, &said);
    }
    let out = ["-q", "compress", "models--a--b/snapshots/main", "-o", "out"];
    done(folder.path(), &out);
    assert!(fs::read(blob).unwrap() == small_model());
}

#[test]
fn weights_that_were_left_out_are_an_error_and_nothing_is_removed() {
    let folder = TempDir::new().unwrap();
    put(folder.path(), "mini/model.safetensors", &small_model());
    put(folder.path(), "mini/.old/model.safetensors", &small_model());
    let before = tree(&folder.path().join("mini"));
    let output = wcodec(folder.path(), &["-q", "compress", "mini", "--rm"]).output().unwrap();
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(COULD_NOT), "{said}");
    assert!(said.contains("mini/.old left out"), "{said}");
    assert!(tree(&folder.path().join("mini")) == before);
    assert_eq!(names(&folder.path().join("mini.wcodec")), ["model.wcodec", "wcodec.json"]);
}
