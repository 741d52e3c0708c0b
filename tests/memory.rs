//! Memory grows with the largest tensor, not with the file.
//!
//! Alone in its process, as the kernel counts a process's memory.
#![cfg(target_os = "linux")]

use std::fs::{self, File};
use std::io::Write;
use tempfile::TempDir;
use wcodec::convert::{
    CompressOptions, DecompressOptions, VerifyOptions, compress_file, decompress_file, verify_file,
};
use wcodec::{Decoder, DeviceChoice};

const TENSORS: u64 = 256;
const TENSOR_BYTES: u64 = 2 << 20;
const ALLOWED: u64 = 4 * TENSOR_BYTES + (256 << 20);

#[test]
fn a_file_larger_than_the_memory_allowed_is_converted() {
    let folder = TempDir::new().unwrap();
    let [source, archive, restored] =
        ["a.safetensors", "a.wcodec", "b.safetensors"].map(|name| folder.path().join(name));
    let members: Vec<_> = (0..TENSORS)
        .map(|index| {
            let (start, end) = (index * TENSOR_BYTES, (index + 1) * TENSOR_BYTES);
            let shape = TENSOR_BYTES;
            format!(
                r#""{index}":{{"dtype":"I8","shape":[{shape}],"data_offsets":[{start},{end}]}}"#
            )
        })
        .collect();
    let header = format!("{{{}}}", members.join(","));
    let mut file = File::create(&source).unwrap();
    file.write_all(&(header.len() as u64).to_le_bytes()).unwrap();
    file.write_all(header.as_bytes()).unwrap();
    // The tensors are a hole of zeros.
    file.set_len(8 + header.len() as u64 + TENSORS * TENSOR_BYTES).unwrap();

    let decoder = Decoder::open(DeviceChoice::Cpu).unwrap();
    let options = CompressOptions::new().verify(&decoder);
    compress_file(&source, &archive, &options, &()).unwrap();
    verify_file(&archive, &VerifyOptions::new(&decoder), &()).unwrap();
    let options = DecompressOptions::new(&decoder);
    let summary = decompress_file(&archive, &restored, &options, &()).unwrap();
    assert!(summary.output_bytes > ALLOWED, "the file is too small to show anything");
    let most = most_memory();
    assert!(most <= ALLOWED, "{most} bytes of memory were in use");
}

/// The most bytes of this process that were in memory at once.
fn most_memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim_end_matches("kB").trim().parse::<u64>().unwrap() * 1024
}
