//! Streams made to lead the kernels astray: the same verdict as the CPU's, nothing written beyond
//! the tensor, and the next decode is right.
//!
//! `WCODEC_GPU_MUTANTS` asks for more of them, `WCODEC_SEED` for others.

use crate::GPU;
use std::sync::{Arc, LazyLock};
use support::mutants::{Mutator, specimens};
use support::{check_decoded, cpu, decode, number};
use wcodec::Blob;
use wcodec::blob::CorruptTile;
use wcodec::gpu::{GpuBatch, GpuDecoder};

/// The content of memory that was not written to.
const POISON: u8 = 0xA5;
/// Poisoned bytes after the tensor.
const BEHIND: u64 = 1 << 16;

/// With batches and device memory of one's own.
static DEVICE: LazyLock<GpuDecoder> = LazyLock::new(|| GpuDecoder::open(0).expect("an NVIDIA GPU"));

/// Decodes into poisoned memory with more after it; the verdict is the first bad tile.
fn on_the_gpu(blob: &Blob<'_>) -> (Option<CorruptTile>, Vec<u8>) {
    let len = blob.byte_len();
    let out = Arc::new(DEVICE.allocate(len.next_multiple_of(256) + BEHIND).unwrap());
    out.fill(POISON).unwrap();
    let batch = GpuBatch::upload(&DEVICE, std::slice::from_ref(blob), &out).unwrap();
    batch.decode().unwrap();
    let verdict = batch.corrupt_tiles().unwrap()[0];
    drop(batch);
    let mut bytes = vec![0; out.len() as usize];
    out.read(0, &mut bytes).unwrap();
    let behind = bytes.split_off(len as usize);
    assert!(behind.iter().all(|&byte| byte == POISON), "written beyond the tensor");
    (verdict, bytes)
}

/// The CPU's result: the bad tile that it names, or the bytes.
fn on_the_cpu(bytes: &[u8]) -> Result<Vec<u8>, String> {
    decode(&cpu(), bytes).map_err(|error| error.to_string())
}

#[test]
#[ignore = "needs an NVIDIA GPU"]
fn mutants_have_the_verdict_of_the_cpu() {
    let mut mutator = Mutator::new(number("WCODEC_SEED", 20_261_125));
    let sound: Vec<_> = specimens().into_iter().map(|specimen| specimen.bytes).collect();
    let originals: Vec<_> =
        sound.iter().map(|bytes| reference::decode_blob(bytes).unwrap()).collect();
    let count = number("WCODEC_GPU_MUTANTS", 1000) as usize;
    let (mut tried, mut refused) = (0, 0);
    while tried < count {
        let (what, bytes) = mutator.mutant();
        // A blob that the host refuses never reaches the device.
        let Ok(blob) = Blob::parse(&bytes) else { continue };
        tried += 1;
        let (verdict, decoded) = on_the_gpu(&blob);
        match (verdict, on_the_cpu(&bytes)) {
            (None, Ok(by_cpu)) => assert!(decoded == by_cpu, "{what}: decoded differently"),
            (Some(tile), Err(error)) => {
                let CorruptTile { plane, tile, .. } = tile;
                let plane = plane.map_or(String::new(), |plane| format!("raw plane {plane}, "));
                let named = format!("{plane}tile {tile} is corrupt");
                assert!(error.starts_with(&named), "{what}: {error}");
                refused += 1;
            }
            (gpu, by_cpu) => panic!("{what}: GPU {gpu:?}, CPU {:?}", by_cpu.err()),
        }
        let next = tried % sound.len();
        check_decoded(&GPU, &sound[next], &originals[next]);
    }
    assert!(refused > count / 20 && refused < count, "{refused} of {count} refused");
}
