//! `run.sh` of the bundle for GPUs, with programs that only say that they are tests.
#![cfg(target_os = "linux")]

use std::path::Path;
use std::process::{Command, Output};
use std::{env, fs};
use tempfile::TempDir;

/// Lists more tests than a pipe holds, so that who reads but the first of them ends the program;
/// runs one.
const TESTS: &str = r#"case $* in
*--list*) i=0; while [ $i -lt 9000 ]; do echo "a_test_$i: test" || exit 101; i=$((i + 1)); done ;;
*) echo "test result: ok. 1 passed; 0 failed" ;;
esac"#;
/// A program with a test, which prints its arguments.
const ASKED: &str = r#"case $* in
*--list*) echo "a_test: test" ;;
*) echo "asked: $*"; echo "test result: ok. 1 passed; 0 failed" ;;
esac"#;
const NO_TESTS: &str = r#"echo "0 tests, 0 benchmarks""#;
const BROKEN: &str = "exit 1";
/// Runs the program after the four words of `--tool TOOL --error-exitcode 9`.
const SANITIZER: &str = r#"shift 4; exec "$@""#;

/// Runs `run.sh` where these are the test programs.
fn run(arguments: &[&str], tests: &[(&str, &str)]) -> Output {
    let folder = TempDir::new().unwrap();
    let programs = folder.path().join("programs");
    put_program(&programs.join("bin/wcodec"), "");
    for (name, script) in tests {
        put_program(&programs.join("tests").join(name), script);
    }
    let archive = folder.path().join("programs.tar.xz");
    let tar =
        Command::new("tar").arg("-cJf").arg(archive).arg("-C").arg(programs).arg(".").status();
    assert!(tar.unwrap().success());
    let script = folder.path().join("run.sh");
    fs::copy(concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/gpu-bundle/run.sh"), &script).unwrap();
    put_program(&folder.path().join("bin/compute-sanitizer"), SANITIZER);
    let path = format!("{}/bin:{}", folder.path().display(), env::var("PATH").unwrap());
    let mut bash = Command::new("bash");
    bash.arg(script).args(arguments).env("PATH", path).output().expect("bash starts")
}

fn put_program(path: &Path, script: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    // By another process, as a program that a child of this one has open for writing does not start.
    let mut write = Command::new("sh");
    write.args(["-c", r#"printf '#!/bin/sh\n%s\n' "$1" >"$2" && chmod 755 "$2""#, "sh", script]);
    assert!(write.arg(path).status().unwrap().success());
}

#[test]
fn every_program_that_has_tests_is_run() {
    let output = run(&["test", "a_test"], &[("one", TESTS), ("none", NO_TESTS), ("two", TESTS)]);
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{printed}");
    let run: Vec<_> = printed.lines().filter(|line| line.starts_with("==")).collect();
    assert_eq!(run, ["==  one", "==  two"]);
}

#[test]
fn no_test_or_a_program_that_does_not_start_is_a_failure() {
    for (tests, why) in [
        (&[("none", NO_TESTS)][..], "no test was run"),
        (&[("one", TESTS), ("broken", BROKEN)], "broken does not list its tests"),
    ] {
        let output = run(&["test", "a_test"], tests);
        let message = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && message.contains(why), "{message}");
    }
}

/// Tests that take minutes and gigabytes, which all have `beyond_4_gib` in their names.
#[test]
fn tests_of_more_than_a_gpu_has_are_run_where_they_are_asked_for() {
    assert!(include_str!("../gpu_handles/main.rs").contains("\nmod two_gpus;"));
    let names = include_str!("../gpu_large.rs").split("#[test]").skip(1);
    let names = names.filter_map(|test| test.split("fn ").nth(1)?.split('(').next());
    assert!(names.clone().count() > 0 && names.clone().all(|name| name.ends_with("beyond_4_gib")));
    for (command, asked) in [
        ("test", "asked: --ignored --skip beyond_4_gib --skip two_gpus\n"),
        ("large", "asked: --ignored beyond_4_gib\n"),
        ("two-gpus", "asked: --ignored two_gpus\n"),
        ("sanitize", "--skip memory_that_is_taken --skip beyond_4_gib --skip two_gpus\n"),
    ] {
        let output = run(&[command], &[("one", ASKED)]);
        let printed = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && printed.contains(asked), "{command}: {printed}");
    }
    let makefile = include_str!("../../Makefile");
    assert!(
        makefile.contains("$$targets -- --ignored --skip beyond_4_gib --skip two_gpus\n"),
        "{makefile}"
    );
}

/// The record that initcheck keeps of device memory is device memory: a test of how much is taken
/// tells nothing under it.
#[test]
fn memory_is_not_measured_under_initcheck() {
    let name = "decoding_over_and_over";
    assert!(include_str!("../gpu_memory.rs").contains(&format!("fn {name}")));
    for tool in ["memcheck", "racecheck", "initcheck", "synccheck"] {
        let output = run(&["sanitize", tool], &[("one", ASKED)]);
        let printed = String::from_utf8(output.stdout).unwrap();
        let is_skipped = printed.contains(&format!("--skip {name}"));
        assert_eq!(is_skipped, tool == "initcheck", "{tool}: {printed}");
    }
}
