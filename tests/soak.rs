//! Encoding and decoding over and over takes no more memory than in the beginning.
//!
//! Alone in its process, as the kernel counts a process's memory. `WCODEC_LOOPS` asks for more of them.
#![cfg(target_os = "linux")]

mod reference;
mod safetensors_source;
mod support;

use safetensors_source::{file_of, put};
use std::fs;
use support::{Distribution, Tensor, check_decoded, cpu, number};
use tempfile::TempDir;
use wcodec::container::Limits;
use wcodec::convert::{CompressOptions, DecompressOptions, compress_file, decompress_file};
use wcodec::{Blob, Dtype, Encoder};

/// Loops before memory is what it will stay.
const WARM_UP: u64 = 50;

/// One round: tensors of several dtypes there and back, a damaged one, and a whole file.
fn round(folder: &TempDir, seed: u64) {
    for (dtype, columns) in [(Dtype::BF16, 1024), (Dtype::I8, 2048), (Dtype::F32, 256)] {
        let tensor = Tensor::new(dtype, &[64, columns], Distribution::Gaussian(6.0), seed);
        let mut blob = Encoder::new().encode(&tensor.view()).unwrap();
        check_decoded(&cpu(), &blob, &tensor.data);
        let last = blob.len() - 1;
        blob[last] ^= 0xFF;
        let _ = Blob::parse(&blob).map(|blob| cpu().decode(&blob, &mut vec![0; tensor.data.len()]));
        assert!(Blob::parse(&blob[..last]).is_err());
    }
    let [archive, restored] = ["a.wcodec", "b.safetensors"].map(|name| folder.path().join(name));
    let decoder = cpu();
    let options = CompressOptions { verify: Some(&decoder), overwrite: true, ..Default::default() };
    let source = folder.path().join("a.safetensors");
    compress_file(&source, &archive, &options, &()).unwrap();
    let options =
        DecompressOptions { decoder: &decoder, overwrite: true, limits: Limits::default() };
    decompress_file(&archive, &restored, &options, &()).unwrap();
}

/// Bytes of this process in memory.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim_end_matches("kB").trim().parse::<u64>().unwrap() * 1024
}

fn median(mut values: Vec<u64>) -> u64 {
    values.sort_unstable();
    values[values.len() / 2]
}

#[test]
fn memory_does_not_grow() {
    let folder = TempDir::new().unwrap();
    put(folder.path(), "a.safetensors", &file_of(&[("a", "BF16", "[300,512]", 307_200)], None));
    let loops = number("WCODEC_LOOPS", 200);
    assert!(loops > 2 * WARM_UP, "too few loops to show anything");
    let mut sizes = Vec::new();
    for index in 0..loops {
        round(&folder, index % 7);
        sizes.push(resident());
    }
    let sizes = &sizes[WARM_UP as usize..];
    let parts = sizes.chunks_exact(sizes.len() / 5).map(|part| median(part.to_vec()));
    let parts: Vec<u64> = parts.collect();
    println!("bytes resident after {WARM_UP} loops, in each fifth of {loops}: {parts:?}");
    let grown: Vec<u64> = parts.windows(2).map(|two| two[1].saturating_sub(two[0])).collect();
    // Once threads may happen to need memory together that never did before. What is lost, is lost all the time.
    let at_once = grown.iter().max().unwrap();
    let drift = grown.iter().sum::<u64>() - at_once;
    assert!(drift < parts[0] / 100, "{parts:?} bytes, {drift} of them drift");
}
