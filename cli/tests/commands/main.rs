//! The command line tool: its actions, its messages, its exit status, and the files that it leaves.

mod bad_data;
mod bases;
mod could_not;
mod devices;
mod folders;
mod inspect;
#[cfg(unix)]
mod sources;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use support::program::stderr;
use support::safetensors_source::{names, put, small_model, tree};
use tempfile::TempDir;

const DONE: i32 = 0;
const BAD_DATA: i32 = 1;
const COULD_NOT: i32 = 2;

fn wcodec(folder: &Path, arguments: &[&str]) -> Command {
    support::program::command(env!("CARGO_BIN_EXE_wcodec"), folder, arguments)
}

#[track_caller]
fn done(folder: &Path, arguments: &[&str]) -> Output {
    let output = wcodec(folder, arguments).output().unwrap();
    assert_eq!(output.status.code(), Some(DONE), "{arguments:?}: {}", stderr(&output));
    output
}

/// Runs a command that must fail with `status`, say `said`, and leave the folder as it was.
#[track_caller]
fn fails(folder: &Path, arguments: &[&str], status: i32, said: &[&str]) {
    let before = tree(folder);
    let output = wcodec(folder, arguments).output().unwrap();
    let message = stderr(&output);
    assert_eq!(output.status.code(), Some(status), "{arguments:?}: {message}");
    for said in said {
        assert!(message.contains(said), "{arguments:?}: {said:?} is not in {message}");
    }
    assert!(!message.contains("panicked"), "{arguments:?}: {message}");
    assert!(tree(folder) == before, "{arguments:?} changed {:?}", names(folder));
}

fn folder_with_model() -> TempDir {
    let folder = TempDir::new().unwrap();
    put(folder.path(), "model.safetensors", &small_model());
    folder
}

fn folder_with_archive() -> TempDir {
    let folder = folder_with_model();
    done(folder.path(), &["compress", "model.safetensors", "--rm", "-q"]);
    folder
}

#[test]
fn a_file_goes_there_and_back() {
    let folder = folder_with_model();
    let folder = folder.path();
    let output = done(folder, &["compress", "model.safetensors"]);
    let said = stderr(&output);
    for part in ["model.safetensors -> model.wcodec", "ratio 1.", "MB/s", "verified on "] {
        assert!(said.contains(part), "{part:?} is not in {said}");
    }
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(output.stdout.is_empty());

    let said = stderr(&done(folder, &["verify", "model.wcodec"]));
    assert!(said.contains("whole, 3 tensors"), "{said}");
    fs::rename(folder.join("model.safetensors"), folder.join("source")).unwrap();
    let said = stderr(&done(folder, &["decompress", "model.wcodec", "--device", "cpu"]));
    assert!(said.contains("decoded on the CPU (") && !said.contains("GPU"), "{said}");
    assert!(fs::read(folder.join("model.safetensors")).unwrap() == small_model());
    assert_eq!(names(folder), ["model.safetensors", "model.wcodec", "source"]);
}

#[test]
fn every_profile_and_thread_count_comes_back() {
    for profile in ["ratio", "balanced", "fast"] {
        let folder = folder_with_model();
        let compress = |threads, output| {
            let profile = ["--profile", profile, "--no-verify"];
            let rest = ["-q", threads, "compress", "model.safetensors", "-o", output];
            done(folder.path(), &[&rest[..], &profile[..]].concat());
            fs::read(folder.path().join(output)).unwrap()
        };
        assert!(compress("-T1", "one.wcodec") == compress("-T3", "three.wcodec"));
        done(folder.path(), &["-q", "decompress", "one.wcodec"]);
        assert!(fs::read(folder.path().join("one.safetensors")).unwrap() == small_model());
    }
}

#[test]
fn either_entropy_coder_comes_back() {
    for (coder, codec) in [("tans", "\"Tans"), ("rans", "\"Rans")] {
        let folder = folder_with_model();
        let folder = folder.path();
        done(folder, &["-q", "compress", "model.safetensors", "--entropy", coder]);
        let printed = done(folder, &["inspect", "model.wcodec", "--json", "--no-entropy"]);
        let printed = String::from_utf8(printed.stdout).unwrap();
        assert!(printed.contains(codec), "{coder}: {printed}");
        done(folder, &["-q", "decompress", "-f", "model.wcodec"]);
        assert!(fs::read(folder.join("model.safetensors")).unwrap() == small_model());
    }
}

#[test]
fn quiet_is_quiet_and_verbose_names_the_tensors() {
    let folder = folder_with_model();
    let output = done(folder.path(), &["-q", "compress", "model.safetensors"]);
    assert!(output.stderr.is_empty() && output.stdout.is_empty());
    let output = done(folder.path(), &["-vv", "verify", "model.wcodec"]);
    assert!(stderr(&output).contains("layer.0.weight"));
    // Neither a bar nor colours where there is no terminal.
    assert!(!stderr(&output).contains('\x1b'));
}

#[test]
fn a_folder_goes_there_and_back() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    put(folder, "mini/model-00001-of-00001.safetensors", &small_model());
    put(folder, "mini/config.json", b"{}");
    let before = tree(&folder.join("mini"));
    done(folder, &["-q", "compress", "mini/"]);
    let archives = ["config.json", "model-00001-of-00001.wcodec", "wcodec.json"];
    assert_eq!(names(&folder.join("mini.wcodec")), archives);
    done(folder, &["-q", "verify", "mini.wcodec"]);
    fails(folder, &["decompress", "mini.wcodec"], COULD_NOT, &["mini exists already"]);
    fs::remove_dir_all(folder.join("mini")).unwrap();
    done(folder, &["-q", "decompress", "--rm", "mini.wcodec"]);
    assert!(tree(&folder.join("mini")) == before);
    assert_eq!(names(folder), ["mini"]);
}

#[test]
fn rm_removes_what_was_taken_along_and_nothing_else() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    put(folder, "mini/a/model.safetensors", &small_model());
    put(folder, "mini/.git/config", b"hidden");
    done(folder, &["-q", "compress", "mini", "--rm"]);
    assert_eq!(names(&folder.join("mini")), [".git"]);

    put(folder, "model.safetensors", &small_model());
    done(folder, &["-q", "compress", "model.safetensors", "--rm", "--keep"]);
    assert!(folder.join("model.safetensors").exists());
}

#[test]
fn an_existing_output_is_kept_unless_forced() {
    let folder = folder_with_model();
    let folder = folder.path();
    put(folder, "model.wcodec", b"precious");
    let said = ["model.wcodec exists already", "remove it", "force"];
    fails(folder, &["compress", "model.safetensors"], COULD_NOT, &said);
    done(folder, &["-q", "compress", "-f", "model.safetensors"]);
    fails(
        folder,
        &["decompress", "model.wcodec"],
        COULD_NOT,
        &["model.safetensors exists already"],
    );
    done(folder, &["-q", "decompress", "--force", "model.wcodec"]);
    assert!(fs::read(folder.join("model.safetensors")).unwrap() == small_model());
}
