//! A stopped run leaves nothing, and no other user sees an unfinished output.

use crate::meanwhile::meanwhile;
use crate::program::{DONE, as_another, done, folder, give_away, stderr};
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command};
use support::heeding_signals;
use support::safetensors_source::{file_of, names, put};
use tempfile::TempDir;
use wcodec::convert::{CompressOptions, compress_folder};
use wcodec::programs::is_leftover;

/// A folder `d` that takes long enough to be interrupted.
pub fn large_folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    let tensors: Vec<_> = (0..200).map(|index| format!("layer.{index}")).collect();
    let tensors: Vec<_> =
        tensors.iter().map(|name| (name.as_str(), "I8", "[1024,512]", 1 << 19)).collect();
    put(folder.path(), "d/sub/large.safetensors", &file_of(&tensors, None));
    folder
}

/// Runs `command` until it starts to write, and sends it a signal.
fn interrupt(mut command: Command, folder: &Path, signal: &str) -> Child {
    let mut run = command.spawn().unwrap();
    while !names(folder).iter().any(|name| is_leftover(name.as_ref())) {
        assert!(run.try_wait().unwrap().is_none(), "it was done before it began");
        std::thread::yield_now();
    }
    let kill = Command::new("kill").args(["-s", signal, &run.id().to_string()]).status();
    assert!(kill.unwrap().success());
    run
}

#[test]
fn a_signal_leaves_nothing() {
    let folder = large_folder();
    let folder = folder.path();
    for (signal, number) in [("HUP", 1), ("INT", 2), ("QUIT", 3), ("TERM", 15), ("XCPU", 24)] {
        let mut command = heeding_signals("sh");
        // Without a memory image of those that ask for one.
        command.args(["-c", r#"ulimit -c 0; exec "$0" "$@""#, env!("CARGO_BIN_EXE_wcodec")]);
        command.args(["-q", "-T1", "compress", "d"]).current_dir(folder);
        let status = interrupt(command, folder, signal).wait().unwrap();
        assert_eq!(status.signal(), Some(number), "{signal}: {status}");
        assert_eq!(names(folder), ["d"], "{signal}");
    }
}

#[test]
fn a_signal_leaves_nothing_in_a_folder_that_is_filled() {
    let folder = large_folder();
    let out = folder.path().join("out");
    fs::create_dir(&out).unwrap();
    for (signal, number) in [("TERM", 15), ("HUP", 1)] {
        let mut command = heeding_signals(env!("CARGO_BIN_EXE_wcodec"));
        command.args(["-q", "-T1", "compress", "../d", "-o", "."]).current_dir(&out);
        let status = interrupt(command, &out, signal).wait().unwrap();
        assert_eq!(status.signal(), Some(number), "{signal}: {status}");
        assert_eq!(names(&out), [""; 0], "{signal}");
    }
}

#[test]
fn a_broken_pipe_or_a_hangup_under_nohup_ends_nothing() {
    for signal in ["PIPE", "HUP"] {
        let folder = large_folder();
        let mut command = Command::new("sh");
        let script = r#"trap '' HUP; exec "$0" "$@""#;
        command.args(["-c", script, env!("CARGO_BIN_EXE_wcodec")]);
        command.args(["-q", "-T1", "compress", "--no-verify", "d"]).current_dir(folder.path());
        let status = interrupt(command, folder.path(), signal).wait().unwrap();
        assert_eq!(status.code(), Some(DONE), "{signal}: {status}");
        assert_eq!(names(folder.path()), ["d", "d.wcodec"], "{signal}");
    }
}

#[test]
fn what_a_run_left_is_not_packed() {
    let folder = folder();
    let folder = folder.path();
    put(folder, "d/.model.wcodec.a1B2c3D4.wcodec-tmp", b"half of it");
    put(folder, "d/.sub.a1B2c3D4.wcodec-tmp/config.json", b"half of it");
    put(folder, "d/.sub.0123abcd.wcodec-old/config.json", b"the old one");
    let said = stderr(&done(folder, &["compress", "d"]));
    for name in [".model.wcodec.a1B2c3D4", ".sub.a1B2c3D4", ".sub.0123abcd"] {
        assert_eq!(said.matches(name).count(), 1, "{said}");
    }
    assert!(names(&folder.join("d.wcodec")).iter().all(|name| !is_leftover(name.as_ref())));
}

/// Run as a user whom modes bind, where this is root.
#[test]
fn a_read_only_folder_is_replaced_without_a_trace() {
    let folder = folder();
    let folder = folder.path();
    fs::set_permissions(folder.join("d/sub/deep"), Permissions::from_mode(0o555)).unwrap();
    fs::set_permissions(folder.join("d/sub"), Permissions::from_mode(0o555)).unwrap();
    fs::set_permissions(folder.join("d"), Permissions::from_mode(0o555)).unwrap();
    let all = ["d", "d/sub", "d/sub/deep", "d/config.json", "d/model.safetensors"];
    give_away(folder, &[&all[..], &["d/sub/deep/tokenizer.json"]].concat());
    for force in [&[][..], &["-f"]] {
        let mut command = as_another(folder);
        command.args(["-q", "compress", "--device=cpu", "d"]).args(force);
        assert_eq!(command.status().unwrap().code(), Some(DONE));
        let mut names = names(folder);
        names.retain(|name| name != "wcodec");
        assert_eq!(names, ["d", "d.wcodec", "m.safetensors"]);
        assert_eq!(folder.join("d.wcodec").metadata().unwrap().mode() & 0o7777, 0o555);
    }
    for root in ["d", "d.wcodec"] {
        for name in ["", "sub", "sub/deep"] {
            let path = folder.join(root).join(name);
            fs::set_permissions(path, Permissions::from_mode(0o755)).unwrap();
        }
    }
}

#[test]
fn others_cannot_look_into_a_folder_that_is_being_made() {
    let folder = folder();
    let folder = folder.path();
    let [source, target] = ["d", "out"].map(|name| folder.join(name));
    fs::set_permissions(&source, Permissions::from_mode(0o755)).unwrap();
    let look = meanwhile(|| {
        let mut temporary = names(folder);
        temporary.retain(|name| is_leftover(name.as_ref()));
        let [temporary] = temporary.try_into().unwrap();
        let mode = folder.join(temporary).metadata().unwrap().mode();
        assert_eq!(mode & 0o7777, 0o700);
    });
    compress_folder(&source, &target, &CompressOptions::default(), &look).unwrap();
    look.has_happened();
    assert_eq!(target.metadata().unwrap().mode() & 0o7777, 0o755);
}
