//! What the system or the user prevents: exit status 2, and nothing is left.

use crate::{COULD_NOT, DONE, fails, folder_with_archive, folder_with_model, wcodec};
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use support::heeding_signals;
use support::program::stderr;
use support::safetensors_source::{file_of, names, put, small_model, tree};
use tempfile::TempDir;

#[test]
fn files_that_cannot_be_had_are_no_bad_data() {
    let folder = folder_with_archive();
    let folder = folder.path();
    fs::create_dir(folder.join("empty")).unwrap();
    for command in ["compress", "decompress", "verify", "inspect"] {
        fails(folder, &[command, "missing.wcodec"], COULD_NOT, &["missing.wcodec", "No such file"]);
        fails(folder, &[command, "empty", "-q"], COULD_NOT, &["empty"]);
        fails(folder, &[command, "/dev/null"], COULD_NOT, &["/dev/null"]);
        fails(folder, &[command], COULD_NOT, &["Usage"]);
    }
    put(folder, "model", &small_model());
    for output in ["empty", "no/such/folder", "/dev/full", "/proc/none", "-", "model", ".."] {
        fails(folder, &["compress", "model", "-f", "-o", output], COULD_NOT, &[output]);
    }
    fails(folder, &["decompress", "model"], COULD_NOT, &["say with -o"]);
    fails(folder, &["compress", "model", "--profile", "best"], COULD_NOT, &["balanced"]);
    fails(folder, &["verify", "model.wcodec", "--device", "tpu"], COULD_NOT, &["cuda:N"]);
    fails(folder, &["nonsense"], COULD_NOT, &["Usage"]);
}

#[test]
fn a_folder_where_the_output_should_be_is_left_alone() {
    let folder = folder_with_model();
    fs::create_dir(folder.path().join("model.wcodec")).unwrap();
    for force in [&[][..], &["--force"]] {
        let arguments = [&["compress", "model.safetensors"], force].concat();
        fails(folder.path(), &arguments, COULD_NOT, &["model.wcodec", "is a folder"]);
    }
}

/// A disk that fills up while the file is being written, as far as a limit on the file's size can
/// imitate it.
#[test]
fn a_file_that_cannot_grow_leaves_nothing() {
    let folder = folder_with_model();
    let script = r#"ulimit -f 8; exec "$0" "$@""#;
    let before = tree(folder.path());
    let output = Command::new("sh")
        .args(["-c", script, env!("CARGO_BIN_EXE_wcodec"), "compress", "model.safetensors"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(COULD_NOT), "{}", stderr(&output));
    assert!(stderr(&output).contains("cannot write model.wcodec: "), "{}", stderr(&output));
    assert!(tree(folder.path()) == before);
}

/// Something that takes long enough to be interrupted.
pub fn folder_with_large_model() -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let tensors: Vec<_> = (0..400).map(|index| format!("layer.{index}")).collect();
    let tensors: Vec<_> =
        tensors.iter().map(|name| (name.as_str(), "I8", "[1024,512]", 1 << 19)).collect();
    let path = put(folder.path(), "large.safetensors", &file_of(&tensors, None));
    (folder, path)
}

#[test]
fn an_interrupted_run_leaves_nothing() {
    let (folder, _) = folder_with_large_model();
    for signal in ["INT", "TERM"] {
        let mut command = heeding_signals(env!("CARGO_BIN_EXE_wcodec"));
        command.args(["-q", "-T1", "compress", "large.safetensors"]).current_dir(folder.path());
        let mut run = command.spawn().unwrap();
        while names(folder.path()).len() == 1 {
            assert!(run.try_wait().unwrap().is_none(), "it was done before it began");
            std::thread::yield_now();
        }
        let kill = Command::new("kill").args(["-s", signal, &run.id().to_string()]).status();
        assert!(kill.unwrap().success());
        let status = run.wait().unwrap();
        assert_eq!(status.code(), None, "it ended by itself: {status}");
        assert_eq!(names(folder.path()), ["large.safetensors"]);
    }
}

#[test]
fn a_closed_pipe_is_no_failure() {
    let folder = folder_with_archive();
    for arguments in [&["inspect", "model.wcodec"][..], &["gpu"], &["--help"]] {
        let mut run = wcodec(folder.path(), arguments).stdout(Stdio::piped()).spawn().unwrap();
        drop(run.stdout.take());
        assert_eq!(run.wait().unwrap().code(), Some(DONE), "{arguments:?}");
    }
    for arguments in [&["-vv", "verify", "model.wcodec"][..], &["verify", "missing"]] {
        let mut run = wcodec(folder.path(), arguments).stderr(Stdio::piped()).spawn().unwrap();
        drop(run.stderr.take());
        assert!(matches!(run.wait().unwrap().code(), Some(DONE | COULD_NOT)), "{arguments:?}");
    }
}
