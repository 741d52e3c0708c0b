//! The command line tool: its actions, its messages, its exit status, and the files that it leaves.

mod bases;
mod folders;
#[cfg(unix)]
mod sources;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use support::forged;
use support::heeding_signals;
use support::program::stderr;
use support::safetensors_source::{file, file_of, names, put, small_model, tree};
use tempfile::TempDir;
use wcodec::Archive;

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

#[test]
fn what_is_not_safetensors_is_bad_data() {
    let folder = TempDir::new().unwrap();
    let whole = small_model();
    let mut long = whole.clone();
    long.push(0);
    let twice = r#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#;
    for (bytes, said) in [
        (b"".as_slice(), "is not a safetensors file: it has only 0 bytes"),
        (&[0xff; 64], "is not a safetensors file"),
        (&[b' '; 5000], "is not a safetensors file"),
        (b"WCDC\x01\0\0\0more", "it is a .wcodec file already"),
        (b"version https://git-lfs.github.com/spec/v1", "git lfs pull"),
        (&whole[..whole.len() - 1], "download or copy it again"),
        (&whole[..100], "download or copy it again"),
        (&long, "download or copy it again"),
        (&file(twice, b"x"), "\"a\" occurs twice"),
    ] {
        put(folder.path(), "bad.safetensors", bytes);
        let said = ["bad.safetensors", said];
        fails(folder.path(), &["compress", "bad.safetensors"], BAD_DATA, &said);
        // In a folder it is carried as it is, and told of.
        put(folder.path(), "in/bad.safetensors", bytes);
        let told = stderr(&done(folder.path(), &["compress", "--force", "in"]));
        assert!(told.contains("WARN") && said.iter().all(|part| told.contains(part)), "{told}");
    }
}

#[test]
fn what_is_not_an_archive_is_bad_data() {
    let folder = folder_with_archive();
    let folder = folder.path();
    let whole = fs::read(folder.join("model.wcodec")).unwrap();
    fs::remove_file(folder.join("model.wcodec")).unwrap();
    let elsewhere = TempDir::new().unwrap();
    let outside = elsewhere.path().join("out");
    let outside = outside.to_str().unwrap();
    let last_blob = forged::stored_header(&whole).start;
    let changed = |at: usize, to: u8| {
        let mut bytes = whole.clone();
        bytes[at] = to;
        bytes
    };
    let long = [whole.as_slice(), b"0"].concat();
    for (bytes, said) in [
        (Vec::new(), "bad.wcodec is 0 bytes long, it should be 64"),
        (vec![b'x'; 99], "is not a .wcodec file: it does not begin with WCDC"),
        (small_model(), "looks like a safetensors file: compress it first"),
        (changed(4, 3), "the preamble of bad.wcodec is corrupt: its checksum"),
        (changed(40, 1), "the preamble of bad.wcodec is corrupt: its checksum"),
        (changed(whole.len() - 20, 0xA5), "the header of bad.wcodec is corrupt: its checksum"),
        (changed(last_blob - 20, 0xA5), "\"layer.0.weight\" of bad.wcodec is corrupt"),
        (whole[..63].to_vec(), "bad.wcodec is 63 bytes long, it should be"),
        (whole[..whole.len() - 1].to_vec(), "download or copy it again"),
        (long, "download or copy it again"),
    ] {
        put(folder, "bad.wcodec", &bytes);
        for command in ["decompress", "verify", "inspect"] {
            fails(folder, &[command, "bad.wcodec"], BAD_DATA, &["bad.wcodec", said]);
        }
        fails(folder, &["decompress", ".", "-o", outside], BAD_DATA, &["bad.wcodec"]);
        fails(folder, &["verify", "."], BAD_DATA, &["bad.wcodec"]);
    }
}

/// Changes bytes of the one blob and signs the archive again, so that only decoding can find out.
fn resign(archive: &mut [u8], change: impl FnOnce(&mut [u8])) {
    let info = Archive::from_bytes(archive.to_vec()).unwrap().tensors()[0].clone();
    let start = info.blob_offset() as usize;
    let blob = &mut archive[start..start + info.blob_len() as usize];
    change(blob);
    let crc = crc32c::crc32c(blob).to_le_bytes();
    let sums = forged::stored_header(archive).end;
    archive[sums..sums + 4].copy_from_slice(&crc);
    forged::resign(archive);
}

#[test]
fn a_tile_that_ends_in_the_wrong_state_is_bad_data() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    put(folder, "m.safetensors", &file_of(&[("w", "BF16", "[64,96]", 64 * 96 * 2)], None));
    done(folder, &["-q", "compress", "m.safetensors", "--rm"]);
    let whole = fs::read(folder.join("m.wcodec")).unwrap();
    let mut found_by_state = false;
    for place in 1..60 {
        let mut archive = whole.clone();
        resign(&mut archive, |blob| blob[blob.len() * place / 60] ^= 0x10);
        put(folder, "m.wcodec", &archive);
        // Damage to raw bytes ends in the hash, damage to coded words mostly in a tile's states.
        fails(folder, &["decompress", "m.wcodec"], BAD_DATA, &["\"w\" of m.wcodec"]);
        let said = stderr(&wcodec(folder, &["verify", "m.wcodec"]).output().unwrap());
        found_by_state |= said.contains("tile");
    }
    assert!(found_by_state, "no tile was ever found in a wrong state");
}

#[test]
fn a_wrong_hash_is_bad_data() {
    let folder = folder_with_archive();
    let folder = folder.path();
    let mut archive = fs::read(folder.join("model.wcodec")).unwrap();
    // The sums are the checksums of all blobs, then the hashes.
    let count = Archive::from_bytes(archive.clone()).unwrap().tensors().len();
    let at = forged::stored_header(&archive).end + 4 * count;
    archive[at] ^= 1;
    forged::resign(&mut archive);
    put(folder, "model.wcodec", &archive);
    let said = ["\"embed.weight\" of model.wcodec", "does not decode to the bytes"];
    fails(folder, &["decompress", "model.wcodec"], BAD_DATA, &said);
    fails(folder, &["verify", "model.wcodec"], BAD_DATA, &said);
}

/// Of a file that is whole, one that is damaged, and ones of other versions, each says which.
#[test]
fn other_versions_are_told_from_damage() {
    let folder = folder_with_archive();
    let folder = folder.path();
    let archive = fs::read(folder.join("model.wcodec")).unwrap();
    for (major, minor, said) in [
        (1, 0, "only an unreleased wcodec wrote: compress its source again"),
        (3, 1, "has format version 3.1, this program reads up to 2.x: use a newer wcodec"),
        (0, 0, "there is no format version 0"),
    ] {
        let mut other = archive.clone();
        other[4..8].copy_from_slice(&[major, 0, minor, 0]);
        put(folder, "damaged.wcodec", &other);
        forged::resign(&mut other);
        put(folder, "other.wcodec", &other);
        for command in ["verify", "decompress", "inspect"] {
            fails(folder, &[command, "other.wcodec"], BAD_DATA, &[said]);
            fails(folder, &[command, "damaged.wcodec"], BAD_DATA, &["checksum does not match"]);
        }
    }
}

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
fn folder_with_large_model() -> (TempDir, PathBuf) {
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

#[test]
fn inspect_shows_every_tensor() {
    let folder = folder_with_archive();
    let output = done(folder.path(), &["inspect", "model.wcodec"]);
    let table = String::from_utf8_lossy(&output.stdout);
    for part in ["embed.weight", "BF16", "[64, 96]", "ratio", "limit", "3 tensors", "format 2.0"] {
        assert!(table.contains(part), "{part:?} is not in {table}");
    }
    assert!(output.stderr.is_empty(), "{}", stderr(&output));
}

#[test]
fn inspect_prints_json() {
    let folder = folder_with_archive();
    let json = |arguments: &[&str]| -> serde_json::Value {
        let arguments = [&["inspect", "--json"], arguments].concat();
        serde_json::from_slice(&done(folder.path(), &arguments).stdout).unwrap()
    };
    let archive = &json(&["model.wcodec"])[0];
    assert_eq!(archive["file"], "model.wcodec");
    assert_eq!(archive["version"], "2.0");
    let tensor = &archive["tensors"][0];
    assert_eq!(tensor["name"], "embed.weight");
    assert_eq!(tensor["shape"], serde_json::json!([64, 96]));
    assert_eq!(tensor["decoded_bytes"], 64 * 96 * 2);
    let [ratio, limit] =
        ["ratio", "entropy_limit_ratio"].map(|member| tensor[member].as_f64().unwrap());
    assert!(ratio > 1.0 && limit > 1.0, "{tensor}");
    assert_eq!(archive["totals"]["stored_bytes"], archive["file_bytes"]);

    let quick = json(&["model.wcodec", "--no-entropy"]);
    assert!(quick[0]["tensors"][0]["entropy_limit_ratio"].is_null());
    assert_eq!(json(&["."]).as_array().unwrap().len(), 1);
}

#[test]
fn names_that_a_terminal_would_obey_are_shown_escaped() {
    let folder = TempDir::new().unwrap();
    let source = file_of(&[("\\u001b[2Jgone", "U8", "[4]", 4)], None);
    put(folder.path(), "m.safetensors", &source);
    done(folder.path(), &["-q", "compress", "m.safetensors"]);
    let output = done(folder.path(), &["inspect", "m.wcodec"]);
    assert!(!output.stdout.contains(&0x1b));
}

#[test]
fn the_environment_chooses_the_warp() {
    let folder = folder_with_archive();
    let verify = |warp: &str| {
        let arguments = ["verify", "model.wcodec", "--device", "cpu"];
        wcodec(folder.path(), &arguments).env("WCODEC_CPU", warp).output().unwrap()
    };
    for warp in wcodec::CpuBackend::all() {
        let said = stderr(&verify(warp.name()));
        assert!(said.contains(&format!("CPU ({})", warp.name())), "{said}");
    }
    for unknown in ["", "AVX2", "avx9"] {
        let output = verify(unknown);
        assert_eq!(output.status.code(), Some(COULD_NOT), "{unknown:?}");
        assert!(stderr(&output).contains("this CPU can run"), "{}", stderr(&output));
    }
}

/// Each limit, on every command that reads archives; raised again, the last one counts.
#[test]
fn archives_that_ask_for_more_than_a_limit_are_refused() {
    let folder = folder_with_archive();
    let read = |command: &'static str, limits: &[&'static str]| {
        let mut arguments = vec![command, "model.wcodec"];
        limits.iter().for_each(|limit| arguments.extend(["--limit", limit]));
        arguments
    };
    for (limit, what) in [
        ("header_bytes=10", "the header length in bytes"),
        ("tensors=1", "the number of tensors is"),
        ("name_bytes=1", "the length of a tensor's name"),
        ("json_depth=1", "the depth of nested JSON"),
        ("tensor_bytes=1", "the decoded length of a tensor"),
    ] {
        let said = [what, "the limit is 1", "--limit"];
        fails(folder.path(), &read("verify", &[limit]), COULD_NOT, &said);
    }
    for command in ["decompress", "inspect", "analyze"] {
        fails(folder.path(), &read(command, &["tensors=1"]), COULD_NOT, &["the limit is 1"]);
    }
    done(folder.path(), &read("verify", &["tensors=1", "tensors=100"]));
    for (limit, why) in
        [("rows=1", "no limit \"rows\""), ("tensors", "no ="), ("tensors=x", "\"x\"")]
    {
        fails(folder.path(), &read("verify", &[limit]), COULD_NOT, &[why]);
    }
}

#[test]
fn gpu_always_has_an_answer() {
    let output = done(TempDir::new().unwrap().path(), &["gpu"]);
    assert!(!output.stdout.is_empty());
}

#[test]
fn a_machine_without_a_gpu_says_so() {
    let folder = folder_with_archive();
    // The driver hides its devices from a process with this set, so that this holds on any machine.
    let without = |arguments: &[&str]| {
        let mut command = wcodec(folder.path(), arguments);
        command.env("CUDA_VISIBLE_DEVICES", "").output().unwrap()
    };
    let output = without(&["-v", "verify", "model.wcodec", "--device", "auto"]);
    assert_eq!(output.status.code(), Some(DONE));
    let said = stderr(&output);
    assert!(
        said.contains("decoded on the CPU (") && said.contains("no usable NVIDIA GPU"),
        "{said}"
    );
    for device in ["cuda", "cuda:0", "cuda:7"] {
        let output = without(&["verify", "model.wcodec", "--device", device]);
        assert_eq!(output.status.code(), Some(COULD_NOT), "{}", stderr(&output));
        assert!(stderr(&output).contains("no usable NVIDIA GPU"), "{}", stderr(&output));
    }
}
