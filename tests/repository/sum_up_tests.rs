//! `sum-up-tests.sh`, which closes a run of all tests: what passed, and what this machine left out.
#![cfg(unix)]

use std::fs;
use std::process::Command;
use tempfile::NamedTempFile;

/// The output of the script for a log, and its exit status.
fn sum_up(log: &str) -> (String, Option<i32>) {
    let file = NamedTempFile::new().unwrap();
    fs::write(&file, log).unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/sum-up-tests.sh");
    let output = Command::new(script).arg(file.path()).output().unwrap();
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    (String::from_utf8(output.stdout).unwrap(), output.status.code())
}

#[test]
fn what_was_left_out_is_named_by_its_reason() {
    let log = "    Finished `test` profile
     Running tests/a.rs (target/debug/deps/a-1)
test fast ... ok
test on_a_gpu ... ignored, needs an NVIDIA GPU
test also_on_a_gpu ... ignored, needs an NVIDIA GPU
test with_no_word ... ignored
test result: ok. 1 passed; 0 failed; 3 ignored; 0 measured; 0 filtered out; finished in 0.00s
     Running tests/b.rs (target/debug/deps/b-1)
test [this CPU lacks avx512] avx512::golden_blobs ... ignored
test                         avx2::golden_blobs   ... FAILED
test result: FAILED. 0 passed; 1 failed; 1 ignored; 0 measured; 0 filtered out
";
    let (printed, status) = sum_up(log);
    assert_eq!(status, Some(0));
    let last: Vec<_> = printed.lines().rev().take(4).collect();
    assert_eq!(last[0], "1 passed, 1 failed, 4 ignored");
    for line in [
        "Left out: 2, needs an NVIDIA GPU",
        "Left out: 1, this CPU lacks avx512",
        "Left out: 1, no reason given",
    ] {
        assert!(last.contains(&line), "{printed}");
    }
    for program in ["tests/a.rs", "tests/b.rs"] {
        assert!(printed.contains(program), "{printed}");
    }
}

#[test]
fn tests_of_python_count_as_well() {
    let log = "test result: ok. 4 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out
........s.F                                                       [100%]
SKIPPED [2] tests/torch/test_torch.py:201: needs a machine without a GPU
FAILED tests/test_save.py::test_layouts - AssertionError
1 failed, 12 passed, 2 skipped in 3.45s
7 passed, 1 error in 61.02s (0:01:01)
";
    let (printed, status) = sum_up(log);
    assert_eq!(status, Some(0));
    assert!(printed.ends_with("23 passed, 2 failed, 2 ignored\n"), "{printed}");
    assert!(printed.contains("Left out: 2, needs a machine without a GPU\n"), "{printed}");
}

#[test]
fn a_log_without_tests_is_no_success() {
    for log in
        ["", "error: could not compile\n", "test result: ok. 0 passed; 0 failed; 0 ignored;\n"]
    {
        assert_eq!(sum_up(log).1, Some(1), "{log:?}");
    }
}
