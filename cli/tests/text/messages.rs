//! Messages about faults of a file or a request, and the remedy.

use crate::{BAD_DATA, COULD_NOT, DONE, run, wcodec};
use std::fs;
use support::safetensors_source::{file, names, put, small_model};
use tempfile::TempDir;

const POINTER: &[u8] = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n";

#[test]
fn files_that_are_something_else() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    let long = |start: &[u8]| [start, &[0x5A; 5000]].concat();
    for (bytes, said) in [
        (POINTER.to_vec(), "git lfs pull"),
        (b"<!DOCTYPE html><html><title>401</title></html>".to_vec(), "an HTML page"),
        (br#"{"error":"Repository not found"}"#.to_vec(), "JSON"),
        (b"Entry not found".to_vec(), "text"),
        (long(b"GGUF\x03\0\0\0"), "GGUF"),
        (long(b"PK\x03\x04\x14\0\0\0"), "a zip archive, as torch.save"),
        (long(b"\x80\x02\x8a\x0al\xfc\x9cF"), "a Python pickle"),
        (long(b"\x80\x04\x95\x10\0\0\0\0"), "a Python pickle"),
        (vec![0; 5000], "zeros, as an unfinished download"),
    ] {
        put(folder, "bad.safetensors", &bytes);
        put(folder, "bad.wcodec", &bytes);
        for arguments in [
            &["compress", "bad.safetensors"][..],
            &["analyze", "bad.safetensors"],
            &["verify", "bad.wcodec"],
            &["decompress", "bad.wcodec"],
            &["inspect", "bad.wcodec"],
        ] {
            let (_, message) = run(folder, arguments, BAD_DATA);
            assert!(message.contains(said), "{arguments:?}: {said:?} is not in {message}");
            assert!(!message.contains("header would"), "{message}");
        }
    }
}

#[test]
fn bytes_after_the_end() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    put(folder, "m.safetensors", &small_model());
    run(folder, &["-q", "compress", "m.safetensors"], DONE);
    for (name, command) in [("m.safetensors", "compress"), ("m.wcodec", "verify")] {
        let bytes = fs::read(folder.join(name)).unwrap();
        put(folder, name, &[bytes, b"more".to_vec()].concat());
        let (_, message) = run(folder, &[command, name], BAD_DATA);
        assert!(message.contains("something follows that is no part of it"), "{message}");
        assert!(message.contains("checksum"), "{message}");
    }
}

#[test]
fn an_output_in_a_folder_that_is_not_there() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    put(folder, "m.safetensors", &small_model());
    put(folder, "d/m.safetensors", &small_model());
    for source in ["m.safetensors", "d"] {
        let (_, message) = run(folder, &["compress", source, "-o", "no/such/out"], COULD_NOT);
        assert!(message.contains("no/such/out: "), "{message}");
        assert!(message.contains("make the folder no/such first"), "{message}");
        assert!(!message.contains(".tmp") && !message.contains("at path"), "{message}");
    }
}

#[test]
fn a_pipe_as_the_input() {
    let folder = TempDir::new().unwrap();
    for command in ["compress", "decompress", "verify", "inspect", "analyze"] {
        let (_, message) = run(folder.path(), &[command, "-"], COULD_NOT);
        assert!(message.contains("cannot be the input"), "{command}: {message}");
    }
    // By its path such a file can be given.
    put(folder.path(), "-", &small_model());
    run(folder.path(), &["compress", "./-", "-o", "out"], DONE);
}

/// The driver hides its devices from a process with this set, so that this holds on any machine.
#[test]
fn why_there_is_no_gpu_is_said_when_asked() {
    let folder = TempDir::new().unwrap();
    put(folder.path(), "m.safetensors", &small_model());
    let said = |arguments: &[&str]| {
        let output = wcodec(folder.path(), arguments).env("CUDA_VISIBLE_DEVICES", "").output();
        let output = output.unwrap();
        assert_eq!(output.status.code(), Some(DONE));
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    for arguments in [
        &["compress", "m.safetensors", "-f"][..],
        &["verify", "m.wcodec"],
        &["decompress", "m.wcodec", "-f"],
    ] {
        let short = said(arguments);
        assert!(short.contains("the CPU (") && !short.contains("GPU"), "{short}");
        let long = said(&[&["-v"], arguments].concat());
        assert!(long.contains("no usable NVIDIA GPU"), "{long}");
    }
}

/// Sound, but an archive of it would have a longer header than the format allows. In a folder it is
/// carried as it is, so that nothing else is kept back.
#[test]
fn more_tensors_than_an_archive_can_name() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    let member = |number: usize| {
        let name = format!("model.{}.{number:06}.down_proj.weight", "decoder".repeat(60));
        format!(r#""{name}":{{"dtype":"BF16","shape":[0],"data_offsets":[0,0]}}"#)
    };
    // As many as the source's header may name, which the archive's has and more.
    let count = (100_000_000 - 2) / (member(0).len() + 1);
    let members: Vec<String> = (0..count).map(member).collect();
    let header = format!("{{{}}}", members.join(","));
    put(folder, "m.safetensors", &file(&header, b""));
    put(folder, "d/m.safetensors", &file(&header, b""));
    put(folder, "d/a.safetensors", &small_model());
    let (_, said) = run(folder, &["-vv", "compress", "m.safetensors"], COULD_NOT);
    assert!(said.contains("m.safetensors") && said.contains("several files"), "{said}");
    assert!(said.contains("the limit is 100000000"), "{said}");
    // No tensor was taken up.
    assert!(!said.contains("DEBUG"), "{said}");
    assert_eq!(names(folder), ["d", "m.safetensors"]);
    let (_, said) = run(folder, &["compress", "d"], DONE);
    assert!(said.contains("d/m.safetensors is carried as it is"), "{said}");
    assert!(said.contains("the limit is 100000000"), "{said}");
    assert_eq!(names(&folder.join("d.wcodec")), ["a.wcodec", "m.safetensors", "wcodec.json"]);
}
