//! The system starts no more threads: fewer are used, or none, and nothing panics.

use crate::program::{COULD_NOT, DONE, library, stderr, wcodec};
use std::process::Command;
use support::pty;
use support::safetensors_source::{put, small_model};
use tempfile::TempDir;

/// Threads that a run with four would like to start: those, one for signals, one for the bar.
const ALL: u64 = 6;

fn with_few(folder: &TempDir, threads: u64, arguments: &[&str]) -> Command {
    let mut command = wcodec(folder.path(), arguments);
    command.env("LD_PRELOAD", library("few_threads")).env("FEW_THREADS", threads.to_string());
    command
}

/// Without the thread for signals a file could be left behind; without any other all can be done.
fn expected(threads: u64) -> i32 {
    if threads == 0 { COULD_NOT } else { DONE }
}

#[test]
fn fewer_threads_than_asked_for_are_used() {
    let folder = TempDir::new().unwrap();
    put(folder.path(), "m.safetensors", &small_model());
    for threads in 0..=ALL {
        let compress = ["-T4", "compress", "m.safetensors", "-f", "--device", "cpu"];
        let output = with_few(&folder, threads, &compress).output().unwrap();
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(expected(threads)), "{threads} threads: {said}");
        assert!(!said.contains("panicked"), "{threads} threads: {said}");
        let warned = said.contains("cannot start");
        assert_eq!(warned, (1..ALL - 1).contains(&threads), "{threads} threads: {said}");
    }
}

#[test]
fn a_bar_on_a_terminal_does_without_its_thread() {
    let folder = TempDir::new().unwrap();
    put(folder.path(), "m.safetensors", &small_model());
    for threads in 0..=ALL {
        let compress = ["-T4", "compress", "m.safetensors", "-f", "--device", "cpu"];
        let (status, said) = pty::run(with_few(&folder, threads, &compress));
        assert_eq!(status.code(), Some(expected(threads)), "{threads} threads: {said}");
        assert!(!said.contains("panicked"), "{threads} threads: {said}");
    }
}

#[test]
fn there_is_a_bound_on_threads() {
    let folder = TempDir::new().unwrap();
    for threads in ["-T1025", "-T100000", "-T18446744073709551616", "-T-1", "-Tx"] {
        let output = wcodec(folder.path(), &[threads, "gpu"]).output().unwrap();
        assert_eq!(output.status.code(), Some(COULD_NOT), "{threads}");
        assert!(stderr(&output).contains("1024"), "{threads}: {}", stderr(&output));
    }
    let output = wcodec(folder.path(), &["-T1024", "gpu"]).output().unwrap();
    assert_eq!(output.status.code(), Some(DONE), "{}", stderr(&output));
}
