//! Work that its own progress stops.

use super::cpu;
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use support::safetensors_source::{names, put, small_model, tree};
use support::stopping::At;
use tempfile::TempDir;
use wcodec::convert::{
    CompressOptions, DecompressOptions, Progress, Summary, VerifyOptions, compress_file,
    compress_folder, decompress_file, decompress_folder, verify_file, verify_folder,
};
use wcodec::{Error, Result};

/// A model of two shards and a file to be copied, as a folder and a file, and both compressed.
fn models() -> TempDir {
    let folder = TempDir::new().unwrap();
    let [model, archives] = ["model", "archives"].map(|name| folder.path().join(name));
    put(&model, "a.txt", &[1; 100]);
    put(&model, "one.safetensors", &small_model());
    put(&model, "two.safetensors", &small_model());
    compress_folder(&model, &archives, &CompressOptions::default(), &()).unwrap();
    folder
}

/// Stops work at every call in turn, until it is done before: each time it is cancelled, and the
/// folder is what it was, its target old or absent.
fn stops(old: bool, work: impl Fn(&Path, &Path, &dyn Progress) -> Result<Summary>) -> u64 {
    let folder = models();
    let target = folder.path().join("out");
    let before = names(folder.path());
    for number in 0.. {
        if old {
            fs::write(&target, "old").unwrap();
        }
        let at = At { number, calls: 0.into() };
        match work(folder.path(), &target, &at) {
            Err(error) => {
                assert!(matches!(error, Error::Cancelled), "call {number}: {error}");
                assert_eq!((error.code(), error.is_bad_data()), ("cancelled", false));
            }
            Ok(_) => return number,
        }
        if old {
            assert_eq!(fs::read(&target).unwrap(), b"old");
            fs::remove_file(&target).unwrap();
        }
        assert_eq!(names(folder.path()), before, "call {number}");
    }
    unreachable!("it is done at last");
}

#[test]
fn cancelled_files_leave_nothing() {
    let decoder = cpu();
    for verify in [None, Some(&decoder)] {
        for overwrite in [false, true] {
            let calls = stops(overwrite, |folder, target, progress| {
                let source = folder.join("model/one.safetensors");
                let options = CompressOptions::new().verify(verify).overwrite(overwrite);
                compress_file(&source, target, &options, progress)
            });
            assert!(calls >= 4, "{calls} calls");
        }
    }
    for overwrite in [false, true] {
        let calls = stops(overwrite, |folder, target, progress| {
            let source = folder.join("archives/one.wcodec");
            let options = DecompressOptions::new(&decoder).overwrite(overwrite);
            decompress_file(&source, target, &options, progress)
        });
        assert!(calls >= 4, "{calls} calls");
    }
}

#[test]
fn cancelled_folders_leave_nothing() {
    let decoder = cpu();
    let calls = stops(false, |folder, target, progress| {
        compress_folder(folder.join("model"), target, &CompressOptions::default(), progress)
    });
    assert!(calls >= 9, "{calls} calls: of two shards and a copied file");
    let calls = stops(false, |folder, target, progress| {
        let options = DecompressOptions::new(&decoder);
        decompress_folder(folder.join("archives"), target, &options, progress)
    });
    assert!(calls >= 9, "{calls} calls");
}

#[test]
fn a_check_can_be_cancelled() {
    let decoder = cpu();
    let options = VerifyOptions::new(&decoder);
    let calls = stops(false, |folder, _, progress| {
        verify_file(folder.join("archives/two.wcodec"), &options, progress)
    });
    assert!(calls >= 4, "{calls} calls");
    let calls = stops(false, |folder, _, progress| {
        verify_folder(folder.join("archives"), &options, progress)
    });
    assert!(calls >= 9, "{calls} calls");
}

#[test]
fn a_closure_is_a_progress() {
    let folder = models();
    let before = tree(folder.path());
    let [source, target] = ["model/one.safetensors", "out"].map(|name| folder.path().join(name));
    let bytes = AtomicU64::new(0);
    let stop = |more| {
        bytes.fetch_add(more, Ordering::Relaxed);
        ControlFlow::Break(())
    };
    let stopped = compress_file(&source, &target, &CompressOptions::default(), &stop);
    assert!(matches!(stopped, Err(Error::Cancelled)));
    assert!(bytes.into_inner() > 0);
    assert!(tree(folder.path()) == before);
}
