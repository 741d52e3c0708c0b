//! Each call on a file fails once: the disk is full, it has an error, or it does less than it was
//! asked to.

use crate::program::{COULD_NOT, DONE, library, stderr, wcodec};
use std::fs;
use std::path::{Path, PathBuf};
use support::safetensors_source::{names, put, small_model, tree};
use tempfile::TempDir;

const EIO: &str = "5";
const ENOSPC: &str = "28";
const SHORT: &str = "short";
/// The warning of an attribute that was refused.
const REFUSED: &str = "does not have the";

/// The way in which a folder is replaced.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    /// As the system does it best.
    Usual,
    /// In two steps, as the file system cannot exchange names.
    MovedAside,
    /// Entry by entry, as it is the working folder.
    Filled,
}

/// A conversion that replaces `target`, and its result when nothing fails.
struct Conversion {
    folder: TempDir,
    count: PathBuf,
    _elsewhere: TempDir,
    arguments: Vec<String>,
    target: String,
    way: Way,
    old: Vec<(PathBuf, Vec<u8>)>,
    new: Vec<(PathBuf, Vec<u8>)>,
}

impl Conversion {
    fn new(folder: TempDir, command: &str, source: &str, target: &str, way: Way) -> Self {
        let elsewhere = TempDir::new().unwrap();
        let inside = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        let options = [command, "--device", "cpu", "-f", "-o"].map(String::from);
        let arguments = [&options[..], &[inside(target), inside(source)]].concat();
        let count = elsewhere.path().join("count");
        let (target, old, new) = (target.to_owned(), Vec::new(), Vec::new());
        let _elsewhere = elsewhere;
        let mut conversion = Self { folder, count, _elsewhere, arguments, target, way, old, new };
        conversion.old = conversion.target_tree();
        let (status, message) = conversion.run(u64::MAX, EIO);
        assert_eq!(status, Some(DONE), "{message}");
        conversion.new = conversion.target_tree();
        assert!(conversion.old != conversion.new);
        conversion
    }

    fn target_tree(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let path = self.folder.path().join(&self.target);
        if path.is_file() { vec![(path.clone(), fs::read(path).unwrap())] } else { tree(&path) }
    }

    /// Runs it with this call failing.
    fn run(&self, call: u64, with: &str) -> (Option<i32>, String) {
        let arguments: Vec<_> = self.arguments.iter().map(String::as_str).collect();
        let target = self.folder.path().join(&self.target);
        let working = if self.way == Way::Filled { &target } else { self.folder.path() };
        let mut command = wcodec(working, &arguments);
        if self.way == Way::MovedAside {
            command.env("FAULTY_EXCHANGE", "refused");
        }
        let output = command
            .env("LD_PRELOAD", library("faulty_disk"))
            .env("FAULTY_FOLDER", self.folder.path())
            .env("FAULTY_CALL", call.to_string())
            .env("FAULTY_WITH", with)
            .env("FAULTY_COUNT", &self.count)
            .output()
            .unwrap();
        (output.status.code(), stderr(&output))
    }

    /// The calls that the last run made, and how many of them were for attributes.
    fn calls(&self) -> (u64, u64) {
        let counts = fs::read_to_string(&self.count).unwrap();
        let (calls, optional) = counts.split_once(' ').unwrap();
        (calls.parse().unwrap(), optional.parse().unwrap())
    }

    fn restore(&self) {
        let path = self.folder.path().join(&self.target);
        let _ = fs::remove_dir_all(&path).or_else(|_| fs::remove_file(&path));
        for (path, bytes) in &self.old {
            put(path.parent().unwrap(), path.file_name().unwrap().to_str().unwrap(), bytes);
        }
    }

    /// Makes every call fail in every way.
    fn check(&self) {
        let before = names(self.folder.path());
        let (calls, optional) = self.calls();
        assert!(calls > 10 && optional > 0, "only {calls} calls, {optional} for attributes");
        for with in [EIO, ENOSPC, SHORT] {
            let mut failed = 0;
            for call in 0..calls {
                self.restore();
                let (status, message) = self.run(call, with);
                let what = format!("call {call} of {calls}, {with}: {message}");
                failed += u64::from(status != Some(DONE));
                self.check_end(status, &message, &what);
                let refused = with != SHORT && status == Some(DONE);
                assert_eq!(refused, message.contains(REFUSED), "{what}");
                assert_eq!(names(self.folder.path()), before, "{what}");
            }
            // Less than was asked for is no failure, nor is an attribute that is refused; all else
            // is one.
            assert_eq!(failed, if with == SHORT { 0 } else { calls - optional }, "{with}");
        }
    }

    /// The old file, or the new one: that alone if the program says that it succeeded.
    fn check_end(&self, status: Option<i32>, message: &str, what: &str) {
        let there = self.target_tree();
        if status == Some(DONE) {
            assert!(there == self.new, "{what}");
            return;
        }
        assert_eq!(status, Some(COULD_NOT), "{what}");
        assert!(message.contains(self.folder.path().to_str().unwrap()), "{what}");
        // Only the flush after the rename fails: the file is whole.
        assert!(there == self.old || there == self.new, "{what}");
        let renamed = message.contains(&format!("cannot write {}", self.folder.path().display()));
        assert!(there == self.old || renamed, "{what}");
    }
}

fn compressed(folder: &Path, source: &str, target: &str) {
    let status = wcodec(folder, &["-q", "compress", source, "-o", target]).status().unwrap();
    assert_eq!(status.code(), Some(DONE));
}

#[test]
fn compressing() {
    let folder = TempDir::new().unwrap();
    put(folder.path(), "a.safetensors", &small_model());
    put(folder.path(), "a.wcodec", b"old");
    Conversion::new(folder, "compress", "a.safetensors", "a.wcodec", Way::Usual).check();
}

#[test]
fn decompressing() {
    let folder = TempDir::new().unwrap();
    put(folder.path(), "a.safetensors", &small_model());
    compressed(folder.path(), "a.safetensors", "a.wcodec");
    put(folder.path(), "a.safetensors", b"old");
    Conversion::new(folder, "decompress", "a.wcodec", "a.safetensors", Way::Usual).check();
}

#[test]
fn compressing_a_folder() {
    compress_a_folder(Way::Usual);
}

#[test]
fn compressing_a_folder_where_names_cannot_be_exchanged() {
    compress_a_folder(Way::MovedAside);
}

#[test]
fn compressing_a_folder_to_the_working_folder() {
    compress_a_folder(Way::Filled);
}

fn compress_a_folder(way: Way) {
    let folder = TempDir::new().unwrap();
    put(folder.path(), "a/model.safetensors", &small_model());
    put(folder.path(), "a/config.json", &[b' '; 3000]);
    put(folder.path(), "a.wcodec/config.json", b"old");
    Conversion::new(folder, "compress", "a", "a.wcodec", way).check();
}
