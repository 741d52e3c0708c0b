//! Sources that others change while they are read, or before they are removed.

use crate::{compress_into, cpu};
use std::fs::{self, File};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use support::safetensors_source::{file_of, names, put, small_model, tree};
use tempfile::TempDir;
use wcodec::container::Limits;
use wcodec::convert::{
    CompressOptions, DecompressOptions, Progress, Summary, compress_file, compress_folder,
    decompress_file, decompress_folder, remove_sources,
};
use wcodec::{Error, Result};

/// Changes something once, when the first tensor is about to be read.
struct AtFirstTensor<F>(Mutex<Option<F>>);

impl<F: FnOnce() + Send> AtFirstTensor<F> {
    fn new(change: F) -> Self {
        Self(Mutex::new(Some(change)))
    }
}

impl<F: FnOnce() + Send> Progress for AtFirstTensor<F> {
    fn tensor(&self, _: &Path, _: &str) -> ControlFlow<()> {
        if let Some(change) = self.0.lock().unwrap().take() {
            change();
        }
        ControlFlow::Continue(())
    }
}

/// Writes other bytes of the same length over the end of a file, and sets its time of modification
/// back.
fn overwrite_in_place(path: &Path) {
    let modified = fs::metadata(path).unwrap().modified().unwrap();
    let mut bytes = fs::read(path).unwrap();
    let at = bytes.len() - 40;
    bytes[at..].fill(7);
    // Longer than the clock of any file system needs to move on.
    std::thread::sleep(std::time::Duration::from_millis(20));
    fs::write(path, bytes).unwrap();
    File::options().write(true).open(path).unwrap().set_modified(modified).unwrap();
}

fn append(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    bytes.push(0);
    fs::write(path, bytes).unwrap();
}

/// Puts another file in the place of one.
fn rename_over(path: &Path) {
    let other = path.with_file_name("other");
    fs::write(&other, fs::read(path).unwrap()).unwrap();
    fs::rename(other, path).unwrap();
}

fn remove(path: &Path) {
    fs::remove_file(path).unwrap();
}

/// A name, and a change to a source.
type Change = (&'static str, fn(&Path));

const CHANGES: [Change; 4] = [
    ("written over in place", overwrite_in_place),
    ("longer", append),
    ("another file of its name", rename_over),
    ("gone", remove),
];

/// Runs a conversion to `out` of a folder, during which a file is changed; it must fail and leave
/// nothing.
fn check(changed: &str, convert: impl Fn(&Path, &Path, &dyn Progress) -> Result<Summary>) {
    for (how, change) in CHANGES {
        let folder = TempDir::new().unwrap();
        let model = folder.path().join("model");
        put(&model, "a.txt", &[1; 100]);
        put(&model, "model.safetensors", &small_model());
        put(&model, "z.txt", &[2; 100]);
        compress_into(&model, &folder.path().join("archives")).unwrap();
        let before = names(folder.path());
        let target = folder.path().join("out");
        let path = folder.path().join(changed);
        let progress = AtFirstTensor::new(|| change(&path));
        let error = convert(folder.path(), &target, &progress).unwrap_err();
        assert!(matches!(error, Error::Changed { .. }), "{changed}, {how}: {error:?}");
        assert!(!error.is_bad_data() && error.to_string().contains(changed), "{how}: {error}");
        assert_eq!(names(folder.path()), before, "{changed}, {how}");
    }
}

#[test]
fn a_file_that_changes_while_it_is_compressed_is_an_error() {
    check("model/model.safetensors", |folder, target, progress| {
        let source = folder.join("model/model.safetensors");
        compress_file(&source, target, &CompressOptions::default(), progress)
    });
}

#[test]
fn an_archive_that_changes_while_it_is_restored_is_an_error() {
    // The archive's content is checked too, not only its identity, so its end is left alone.
    for (how, change) in &CHANGES[2..] {
        let folder = TempDir::new().unwrap();
        let source = put(folder.path(), "model.safetensors", &small_model());
        let archive = folder.path().join("model.wcodec");
        compress_file(&source, &archive, &CompressOptions::default(), &()).unwrap();
        let (decoder, limits) = (cpu(), Limits::default());
        let options = DecompressOptions::new(&decoder).limits(limits);
        let target = folder.path().join("out");
        let progress = AtFirstTensor::new(|| change(&archive));
        let error = decompress_file(&archive, &target, &options, &progress).unwrap_err();
        assert!(matches!(error, Error::Changed { .. }), "{how}: {error:?}");
        assert!(!target.exists());
    }
}

/// The copied files come before and after the tensors.
#[test]
fn a_folder_of_which_a_file_changes_is_an_error() {
    let compress = |folder: &Path, target: &Path, progress: &dyn Progress| {
        compress_folder(folder.join("model"), target, &CompressOptions::default(), progress)
    };
    check("model/a.txt", compress);
    check("model/model.safetensors", compress);
    check("archives/a.txt", |folder, target, progress| {
        let (decoder, limits) = (cpu(), Limits::default());
        let options = DecompressOptions::new(&decoder).limits(limits);
        decompress_folder(folder.join("archives"), target, &options, progress)
    });
}

#[test]
fn weights_that_appear_meanwhile_are_told_of() {
    let folder = TempDir::new().unwrap();
    let model = folder.path().join("model");
    put(&model, "model.safetensors", &small_model());
    let progress = AtFirstTensor::new(|| {
        put(&model, "log.txt", b"no weights");
        put(&model, "late", &small_model());
    });
    let (target, options) = (folder.path().join("out"), CompressOptions::default());
    let summary = compress_folder(&model, &target, &options, &progress).unwrap();
    assert_eq!(summary.left_out, [model.join("late")]);
}

/// A folder that has been compressed, and what became of it.
fn compressed() -> (TempDir, PathBuf, Summary) {
    let folder = TempDir::new().unwrap();
    let model = folder.path().join("model");
    put(&model, "a.safetensors", &small_model());
    put(&model, "b/c.safetensors", &file_of(&[("x", "U8", "[900]", 900)], None));
    put(&model, "config.json", b"{}");
    let summary = compress_into(&model, &folder.path().join("out")).unwrap();
    (folder, model, summary)
}

#[test]
fn sources_are_removed() {
    let (folder, model, summary) = compressed();
    assert!(remove_sources(&model, &summary).is_empty());
    assert_eq!(names(folder.path()), ["out"]);
}

#[test]
fn what_is_not_what_was_read_is_not_removed() {
    let link: fn(&Path) = |path| {
        let elsewhere = path.with_file_name("elsewhere");
        fs::rename(path, &elsewhere).unwrap();
        std::os::unix::fs::symlink(elsewhere, path).unwrap();
    };
    for (how, change) in CHANGES[..3].iter().copied().chain([("a link", link)]) {
        for changed in ["a.safetensors", "b/c.safetensors"] {
            let (_folder, model, summary) = compressed();
            let path = model.join(changed);
            change(&path);
            let newer = fs::read(&path).unwrap();
            let left = remove_sources(&model, &summary);
            let [Error::Changed { path: kept }] = left.as_slice() else {
                panic!("{how}: {left:?}")
            };
            assert_eq!(*kept, path, "{how}");
            assert!(fs::read(&path).unwrap() == newer, "{how}");
            // The others are gone.
            let mut rest = tree(&model);
            rest.retain(|(file, _)| *file != path && *file != path.with_file_name("elsewhere"));
            assert!(rest.is_empty(), "{how}: {rest:?}");
        }
    }
}

#[test]
fn two_names_of_one_file_are_both_removed() {
    let folder = TempDir::new().unwrap();
    let model = folder.path().join("model");
    let one = put(&model, "a.safetensors", &small_model());
    fs::hard_link(one, model.join("b.safetensors")).unwrap();
    let summary = compress_into(&model, &folder.path().join("out")).unwrap();
    let left = remove_sources(&model, &summary);
    assert!(left.is_empty(), "{left:?}");
    assert_eq!(names(folder.path()), ["out"]);
}
