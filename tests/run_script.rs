//! `run.sh` of the bundle for GPUs, with programs that only say that they are tests.
#![cfg(target_os = "linux")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};
use tempfile::TempDir;

/// Lists more tests than a pipe holds, so that who reads but the first of them ends the program; runs one.
const TESTS: &str = r#"case $* in
*--list*) i=0; while [ $i -lt 9000 ]; do echo "a_test_$i: test" || exit 101; i=$((i + 1)); done ;;
*) echo "test result: ok. 1 passed; 0 failed" ;;
esac"#;
const NO_TESTS: &str = r#"echo "0 tests, 0 benchmarks""#;
const BROKEN: &str = "exit 1";

/// Runs `run.sh test a_test` where these are the test programs.
fn run(tests: &[(&str, &str)]) -> Output {
    let folder = TempDir::new().unwrap();
    let programs = folder.path().join("programs");
    put_program(&programs.join("bin/wcodec"), "");
    for (name, script) in tests {
        put_program(&programs.join("tests").join(name), script);
    }
    let archive = folder.path().join("programs.tar.gz");
    let tar =
        Command::new("tar").arg("-czf").arg(archive).arg("-C").arg(programs).arg(".").status();
    assert!(tar.unwrap().success());
    let script = folder.path().join("run.sh");
    fs::copy(concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/gpu-bundle/run.sh"), &script).unwrap();
    Command::new("bash").arg(script).args(["test", "a_test"]).output().expect("bash starts")
}

fn put_program(path: &Path, script: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn every_program_that_has_tests_is_run() {
    let output = run(&[("one", TESTS), ("none", NO_TESTS), ("two", TESTS)]);
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
        let output = run(tests);
        let message = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && message.contains(why), "{message}");
    }
}
