//! No caller sees what memory held before it was allocated.

use super::lender::{Lender, SECRET};
use super::{bytes_of, encode, tensor};
use std::sync::Arc;
use support::{Distribution, Options, Tensor, write_archive};
use tempfile::TempDir;
use wcodec::gpu::{DeviceMemory, GpuBatch, GpuContext, GpuDecoder, GpuLoader, LoadOptions};
use wcodec::{Blob, Dtype};

/// A context whose new memory holds [`SECRET`], and the lender of it.
fn context() -> (GpuContext, Arc<Lender>) {
    let context = GpuContext::open(0).expect("an NVIDIA GPU");
    let lender = Arc::new(Lender::new(&context, || {}));
    (context.with_allocator(Arc::clone(&lender) as _), lender)
}

#[test]
#[ignore = "needs an NVIDIA GPU"]
fn allocated_memory_is_zero() {
    let (context, lender) = context();
    for len in [1, 255, 4097, 10 << 20] {
        let memory = DeviceMemory::new(&context, len).unwrap();
        assert_eq!(lender.lent(), 1, "the memory is not the lender's");
        assert!(bytes_of(&memory).iter().all(|&byte| byte == 0), "{len} bytes");
    }
    assert_eq!(lender.lent(), 0);
}

#[test]
#[ignore = "needs an NVIDIA GPU"]
fn pinned_memory_is_zero() {
    let gpu = GpuDecoder::open(0).unwrap();
    for _ in 0..10 {
        let mut memory = gpu.pin(1 << 20).unwrap();
        assert!(memory.iter().all(|&byte| byte == 0));
        memory.fill(SECRET);
    }
}

/// Around the tensors of a batch that was decoded, and where nothing was decoded yet.
#[test]
#[ignore = "needs an NVIDIA GPU"]
fn a_batch_shows_what_it_decoded_and_zeros() {
    let (context, lender) = context();
    let gpu = GpuDecoder::new(&context).unwrap();
    let tensor = tensor();
    let blob = encode(&tensor);
    let blobs = [&blob, &blob].map(|bytes| Blob::parse(bytes).unwrap());
    let (offsets, len) = GpuBatch::output_offsets(&blobs);
    let out = Arc::new(gpu.allocate(len).unwrap());
    let batch = GpuBatch::upload(&gpu, &blobs, &out).unwrap();
    assert_eq!(lender.lent(), 2, "the memory is not the lender's");
    assert!(bytes_of(&out).iter().all(|&byte| byte == 0));
    batch.decode().unwrap();
    assert_eq!(batch.corrupt_tiles().unwrap(), [None, None]);
    let mut expected = vec![0; len as usize];
    for offset in offsets {
        expected[offset as usize..][..tensor.data.len()].copy_from_slice(&tensor.data);
    }
    assert!(bytes_of(&out) == expected);
}

/// Between the tensors of a model.
#[test]
#[ignore = "needs an NVIDIA GPU"]
fn a_model_shows_its_tensors_and_zeros() {
    let (context, lender) = context();
    let folder = TempDir::new().unwrap();
    let shapes: [&[u64]; 5] = [&[1], &[33, 7], &[0, 7], &[700, 513], &[3]];
    let tensor = |shape: &&[u64]| Tensor::new(Dtype::I8, shape, Distribution::Gaussian(6.0), 1);
    let tensors: Vec<Tensor> = shapes.iter().map(tensor).collect();
    let coded = tensors.iter().map(|tensor| (tensor, Options::default()));
    let archive = write_archive(&folder.path().join("model.wcodec"), coded);
    let options = LoadOptions::new().readers(2).piece_bytes(10_000);
    let gpu = GpuDecoder::new(&context).unwrap();
    let model = GpuLoader::new(&gpu, options).unwrap().load(&archive).unwrap();
    assert_eq!(lender.lent(), 1, "the memory is not the lender's");
    let mut expected = vec![0; model.memory().len() as usize];
    for (loaded, tensor) in model.tensors().iter().zip(&tensors) {
        expected[loaded.offset() as usize..][..tensor.data.len()].copy_from_slice(&tensor.data);
    }
    assert!(bytes_of(model.memory()) == expected);
}
