//! The program is killed at every call by which it replaces a folder: the old one or the new one
//! stands then, or the next run sees to it.

use crate::program::{COULD_NOT, DONE, library, stderr, wcodec};
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Output;
use support::safetensors_source::{put, small_model, tree};
use tempfile::TempDir;
use wcodec::programs::is_leftover;

const KILL: i32 = 9;

/// The way in which the old folder is replaced.
#[derive(Clone, Copy, PartialEq)]
enum By {
    /// Both exchange their names, in one step.
    Exchange,
    /// The file system cannot do that, so that the old one is moved aside.
    MovingAside,
    /// It is the working folder, so that its content is replaced.
    Filling,
}

type Files = Vec<(PathBuf, Vec<u8>)>;

struct Replacement {
    folder: TempDir,
    by: By,
    old: Files,
    new: Files,
}

impl Replacement {
    fn new(by: By) -> Self {
        let folder = TempDir::new().unwrap();
        put(folder.path(), "d/model.safetensors", &small_model());
        put(folder.path(), "d/config.json", b"{}");
        put(folder.path(), "d/sub/deep/a.json", b"[]");
        let mut new = Self { folder, by, old: Vec::new(), new: Vec::new() };
        new.restore();
        new.old = new.target();
        assert_eq!(new.run(&["-f"], u64::MAX).status.code(), Some(DONE));
        new.new = new.target();
        assert!(new.new.len() == 4 && new.old.len() == 2);
        new
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The old folder, and nothing that an earlier run left.
    fn restore(&self) {
        for name in support::safetensors_source::names(self.folder.path()) {
            if name != "d" {
                fs::remove_dir_all(self.path(&name)).unwrap();
            }
        }
        put(self.folder.path(), "out/config.json", b"old");
        put(self.folder.path(), "out/sub/deep/a.json", b"old");
    }

    /// The files of the target but for those that are known to be left.
    fn target(&self) -> Files {
        let mut files =
            if self.path("out").exists() { tree(&self.path("out")) } else { Vec::new() };
        let is_left = |path: &Path| path.iter().any(is_leftover);
        files.retain(|(path, _)| !is_left(path));
        files
    }

    /// Runs it, and kills it at this call.
    fn run(&self, options: &[&str], call: u64) -> Output {
        let [source, target] =
            ["d", "out"].map(|name| self.path(name).to_str().unwrap().to_owned());
        let arguments = ["compress", "--device=cpu", &source, "-o", &target];
        let working = if self.by == By::Filling { self.path("out") } else { self.path("d") };
        let working = if working.exists() { working } else { self.path("d") };
        let mut command = wcodec(&working, &[&arguments[..], options].concat());
        command.env("LD_PRELOAD", library("faulty_disk"));
        command.env("FAULTY_FOLDER", self.folder.path());
        command.env("FAULTY_CALL", call.to_string()).env("FAULTY_WITH", "kill");
        if self.by == By::MovingAside {
            command.env("FAULTY_EXCHANGE", "refused");
        }
        command.output().unwrap()
    }

    /// Kills it at this call; says whether it was killed, and whether the target was neither the
    /// old folder nor the new one for a while.
    fn check(&self, call: u64) -> (bool, bool) {
        self.restore();
        let killed = self.run(&["-f"], call).status.signal() == Some(KILL);
        let whole = || [&self.old, &self.new].contains(&&self.target());
        let in_between = !whole();
        assert!(self.by != By::Exchange || !in_between, "call {call}: {:?}", self.target());
        let output = self.run(&[], u64::MAX);
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(COULD_NOT), "call {call}: {said}");
        assert!(said.contains("out exists already"), "call {call}: {said}");
        assert!(whole(), "call {call}: {said}: {:?}", self.target());
        self.check_next(call);
        (killed, in_between)
    }
}

impl Replacement {
    /// The next run replaces the folder, unless there still is in it what an earlier one replaced.
    fn check_next(&self, call: u64) {
        let inside = support::safetensors_source::names(&self.path("out"));
        let holds_old = inside.iter().any(|name| name.ends_with(".wcodec-old"));
        let output = self.run(&["-f"], u64::MAX);
        let said = stderr(&output);
        if holds_old {
            assert!(said.contains("would be lost"), "call {call}: {said}");
        } else {
            assert_eq!(output.status.code(), Some(DONE), "call {call}: {said}");
            assert!(self.target() == self.new, "call {call}: {said}");
        }
    }
}

fn check(by: By) {
    let replacement = Replacement::new(by);
    let (mut kills, mut in_between) = (0, 0);
    for call in 0.. {
        let (killed, between) = replacement.check(call);
        if !killed {
            break;
        }
        kills += 1;
        in_between += u64::from(between);
    }
    assert!(kills > 10, "it was killed {kills} times only");
    assert!(by == By::Exchange || in_between > 0, "it was never killed in between");
    let output = replacement.run(&["-f"], u64::MAX);
    assert_eq!(output.status.code(), Some(DONE), "{}", stderr(&output));
    assert!(replacement.target() == replacement.new);
}

#[test]
fn killed_while_two_folders_exchange_names() {
    check(By::Exchange);
}

#[test]
fn killed_while_the_old_folder_is_moved_aside() {
    check(By::MovingAside);
}

#[test]
fn killed_while_a_folder_is_filled() {
    check(By::Filling);
}
