//! Tensors and blobs beyond 4 GiB on a GPU: every byte of them, and ranges.
//!
//! An offset cut to 32 bits anywhere, in the library, in a kernel or in a copy, is seen. All values
//! are random, so what lies a multiple of 4 GiB away from a place is never what lies there, of
//! which [`tensor`] makes sure, and who reads from there decodes other bytes. And what is not
//! written, as it went elsewhere, is wrong in each byte: outputs begin as the complement of what
//! they should become, or, where the library allocates them, as memory that never held it.

use rayon::prelude::*;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use support::{Distribution, Options, Tensor, write_archive};
use tempfile::TempDir;
use wcodec::gpu::{DeviceMemory, GpuBatch, GpuDecoder, GpuLoader, LoadOptions, decode_range};
use wcodec::programs::format::{BlobLayout, PlaneCodec};
use wcodec::{Blob, Dtype, byte_len};

/// 4 GiB.
const G4: u64 = 1 << 32;
/// Bytes that are made at a time, each time from a seed of their own.
const BLOCK: usize = 1 << 20;
/// Bytes of a lane in a row, the fewest that are read or written at a time.
const LANE: usize = 16;
/// Bytes that are copied and compared at a time.
const CHUNK: usize = 1 << 26;
/// The byte that the memory after a tensor holds, and its length.
const POISON: u8 = 0xA5;
const BEHIND: u64 = 1 << 16;

/// The GPU for one test at a time, as each takes up to 15 GB of it, and 20 GB of the host's memory.
fn gpu() -> MutexGuard<'static, GpuDecoder> {
    static GPU: LazyLock<Mutex<GpuDecoder>> =
        LazyLock::new(|| Mutex::new(GpuDecoder::open(0).expect("an NVIDIA GPU")));
    GPU.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A tensor of random values in which no value repeats after 4 GiB. Tests give seeds of their own,
/// so that memory which one of them left behind never holds what another expects.
fn tensor(dtype: Dtype, shape: &[u64], distribution: Distribution, seed: u64) -> Tensor {
    let mut data = vec![0; byte_len(dtype, shape).unwrap() as usize];
    data.par_chunks_mut(BLOCK).enumerate().for_each(|(number, block)| {
        let elements = (block.len() * 8 / dtype.bitsize()) as u64;
        let seed = seed << 32 | number as u64;
        block.copy_from_slice(&Tensor::new(dtype, &[elements], distribution, seed).data);
    });
    for distance in (G4 as usize..data.len()).step_by(G4 as usize) {
        let lanes = data.par_chunks(LANE).zip(data[distance..].par_chunks(LANE));
        assert!(lanes.all(|(lane, behind)| lane != behind), "bytes come again {distance} further");
    }
    Tensor { dtype, shape: shape.to_vec(), data }
}

/// Encodes a tensor to a blob that is beyond 4 GiB as it should be, and decodes that.
#[track_caller]
fn check(
    gpu: &GpuDecoder,
    tensor: &Tensor,
    options: Options,
    is_beyond: impl Fn(&BlobLayout) -> bool,
) {
    let blob = options.encoder().encode(&tensor.view()).unwrap();
    let blob = Blob::parse(&blob).unwrap();
    println!("{:?} {:?}", blob.layout(), blob.summary());
    assert!(is_beyond(blob.layout()));
    // First, as the decoder allocates what it decodes ranges to: no tensor has been there yet.
    check_ranges(gpu, &blob, &tensor.data);
    check_whole(gpu, &blob, &tensor.data);
}

/// Ranges across every 4 GiB of the tensor, and at its end.
#[track_caller]
fn check_ranges(gpu: &GpuDecoder, blob: &Blob<'_>, original: &[u8]) {
    let len = blob.byte_len();
    let starts = (1..=len / G4).map(|border| border * G4 - 200_001).chain([len - 10_000]);
    for range in starts.map(|start| start..(start + 300_000).min(len)) {
        let expected = &original[range.start as usize..range.end as usize];
        let mut decoded: Vec<u8> = expected.iter().map(|byte| !byte).collect();
        decode_range(gpu, blob, range.clone(), &mut decoded).unwrap();
        assert!(decoded == expected, "{range:?}");
    }
}

#[track_caller]
fn check_whole(gpu: &GpuDecoder, blob: &Blob<'_>, original: &[u8]) {
    let out = Arc::new(gpu.allocate(blob.byte_len().next_multiple_of(256) + BEHIND).unwrap());
    out.fill(POISON).unwrap();
    for (number, chunk) in original.chunks(CHUNK).enumerate() {
        let complement: Vec<u8> = chunk.iter().map(|byte| !byte).collect();
        out.write((number * CHUNK) as u64, &complement).unwrap();
    }
    let batch = GpuBatch::upload(gpu, std::slice::from_ref(blob), &out).unwrap();
    batch.decode().unwrap();
    assert_eq!(batch.corrupt_tiles().unwrap(), [None]);
    check_memory(&out, 0, original);
    let mut behind = vec![0; (out.len() - blob.byte_len()) as usize];
    out.read(blob.byte_len(), &mut behind).unwrap();
    assert!(behind.iter().all(|&byte| byte == POISON), "written beyond the tensor");
}

/// Checks that device memory holds `original` from byte `start` on.
#[track_caller]
fn check_memory(memory: &DeviceMemory, start: u64, original: &[u8]) {
    let mut buffer = vec![0; CHUNK];
    for (number, chunk) in original.chunks(CHUNK).enumerate() {
        let at = (number * CHUNK) as u64;
        let decoded = &mut buffer[..chunk.len()];
        memory.read(start + at, decoded).unwrap();
        if decoded != chunk {
            let first = decoded.iter().zip(chunk).take_while(|(a, b)| a == b).count() as u64;
            panic!("byte {} of {} is the first that differs", at + first, original.len());
        }
    }
}

/// The last elements have numbers beyond 2^32, and so have their bytes in the raw plane.
#[test]
#[ignore = "needs an NVIDIA GPU, minutes and 20 GB: make test-gpu-large"]
fn elements_beyond_4_gib() {
    let gpu = gpu();
    let tensor = tensor(Dtype::BF16, &[G4 + 70_001], Distribution::Gaussian(6.0), 1);
    check(&gpu, &tensor, Options::default(), |layout| layout.raw_planes[0].len > G4);
}

/// A tile's first row and its last are more than 4 GiB apart.
#[test]
#[ignore = "needs an NVIDIA GPU, minutes and 20 GB: make test-gpu-large"]
fn rows_of_a_tile_beyond_4_gib() {
    let gpu = gpu();
    let tensor = tensor(Dtype::F16, &[257, 33_000 * 256], Distribution::Gaussian(6.0), 2);
    let tallest = Options { tile_rows: Some(256), ..Options::default() };
    check(&gpu, &tensor, tallest, |layout| {
        layout.grid.tile(0).rows == 256 && layout.grid.row_bytes() * 255 > G4
    });
}

/// Bytes that do not compress, and are stored.
#[test]
#[ignore = "needs an NVIDIA GPU, minutes and 20 GB: make test-gpu-large"]
fn a_stored_plane_beyond_4_gib() {
    let gpu = gpu();
    let tensor = tensor(Dtype::U8, &[G4 + (1 << 26) + 5], Distribution::Uniform, 3);
    check(&gpu, &tensor, Options::default(), |layout| layout.stored_plane.len > G4);
}

/// Bytes that do not compress, and are coded all the same.
#[test]
#[ignore = "needs an NVIDIA GPU, minutes and 20 GB: make test-gpu-large"]
fn words_beyond_4_gib() {
    let gpu = gpu();
    let tensor = tensor(Dtype::U8, &[G4 + (1 << 26) + 5], Distribution::Uniform, 4);
    let coded = Options { codec: Some(PlaneCodec::Tans8), ..Options::default() };
    check(&gpu, &tensor, coded, |layout| layout.words.len > G4);
}

/// Words, three raw planes and exceptions, the last of them beyond 4 GiB.
#[test]
#[ignore = "needs an NVIDIA GPU, minutes and 20 GB: make test-gpu-large"]
fn raw_planes_and_exceptions_beyond_4_gib() {
    let gpu = gpu();
    let tensor = tensor(Dtype::F32, &[1_450_000_001], Distribution::Gaussian(6.0), 5);
    let ranks = Options { codec: Some(PlaneCodec::TansPair), ..Options::default() };
    check(&gpu, &tensor, ranks, |layout| {
        layout.exceptions.offset > G4 && layout.exceptions.len > 0
    });
}

/// As the loader reads it, in pieces; the tensor after the large one lies beyond 4 GiB of the file,
/// and of the memory.
#[test]
#[ignore = "needs an NVIDIA GPU, minutes and 20 GB: make test-gpu-large"]
fn an_archive_beyond_4_gib() {
    let gpu = gpu();
    let folder = TempDir::new().unwrap();
    let small = |seed| Tensor::new(Dtype::F32, &[999, 257], Distribution::Gaussian(6.0), seed);
    let large = tensor(Dtype::U8, &[G4 + 70_001], Distribution::Uniform, 6);
    let tensors = [small(7), large, small(8)];
    let written = tensors.iter().map(|tensor| (tensor, Options::default()));
    let archive = write_archive(&folder.path().join("model.wcodec"), written);
    let model = GpuLoader::new(&gpu, LoadOptions::default()).unwrap().load(&archive).unwrap();
    assert!(model.tensors()[2].offset() > G4);
    for (loaded, tensor) in model.tensors().iter().zip(&tensors) {
        check_memory(model.memory(), loaded.offset(), &tensor.data);
    }
}
