//! Many tensors in one call, and what becomes of the memory around them.

use crate::{GPU, check, memory};
use support::{Distribution, Random, Tensor};
use wcodec::Dtype;
use wcodec::gpu::{DeviceMemory, GpuEncodePlan, TensorToEncode, encoded_len_bound};

/// Tensors of all dtypes, empty ones and large ones among them.
fn tensors() -> Vec<Tensor> {
    let mut random = Random::new(7);
    let lengths = [0, 1, 3000, 0, 40, 700_000, 8, 0, 65_536];
    let dtypes = support::ALL_DTYPES.into_iter().cycle();
    lengths
        .into_iter()
        .cycle()
        .take(60)
        .zip(dtypes)
        .map(|(length, dtype)| {
            let shape = [length * support::elements_to_a_byte(dtype)];
            Tensor::new(dtype, &shape, Distribution::Gaussian(9.0), random.next_u64())
        })
        .collect()
}

#[test]
#[ignore = "needs an NVIDIA GPU"]
fn tensors_are_encoded_together_as_alone() {
    let tensors = tensors();
    let mut data = Vec::new();
    let mut parts = Vec::new();
    for tensor in &tensors {
        let start = data.len() as u64;
        parts.push((tensor.dtype, start..start + tensor.data.len() as u64));
        data.extend_from_slice(&tensor.data);
        data.resize(data.len().next_multiple_of(16), 0xA5);
    }
    let source = memory(&data);
    let blobs = GPU.encode(&source, &parts).unwrap().to_host().unwrap();
    for (blob, tensor) in blobs.iter().zip(&tensors) {
        check(blob, tensor);
        assert!(*blob == crate::encode(tensor), "{} {:?}", tensor.dtype, tensor.shape);
    }
    assert!(GPU.encode(&source, &[]).unwrap().to_host().unwrap().is_empty());
}

/// Whatever the memory held before, the blob is the same, and nothing after its buffer is written.
#[test]
#[ignore = "needs an NVIDIA GPU"]
fn poisoned_memory_makes_no_difference() {
    const GUARD: usize = 4096;
    for dtype in [Dtype::BF16, Dtype::I8, Dtype::F32] {
        for distribution in [Distribution::Gaussian(9.0), Distribution::Uniform] {
            let tensor = Tensor::new(dtype, &[100_003], distribution, 8);
            let len = tensor.data.len() as u64;
            let source = memory(&tensor.data);
            let bound = encoded_len_bound(dtype, len).unwrap();
            let mut found = Vec::new();
            for poison in [0x00, 0xFF, 0x5A] {
                let buffer = memory(&vec![poison; bound as usize + 2 * GUARD]);
                let at = buffer.address() + GUARD as u64;
                let job = TensorToEncode::new(dtype, source.address(), len, at, bound);
                let plan = GpuEncodePlan::new(&[job]).unwrap();
                let workspace = memory(&vec![poison; plan.workspace_len() as usize]);
                run(&plan, &workspace);
                let (before, blob, after) = read(&plan, &workspace, &buffer, GUARD, bound as usize);
                assert!(before.iter().chain(&after).all(|&byte| byte == poison), "{dtype}");
                check(&blob, &tensor);
                found.push(blob);
            }
            assert!(found.iter().all(|blob| *blob == found[0]));
        }
    }
}

/// Encodes, twice, and waits.
fn run(plan: &GpuEncodePlan, workspace: &DeviceMemory) {
    let stream = GPU.stream();
    // SAFETY: all memory of the plan lives until the stream is waited for, and nothing else uses it.
    unsafe {
        GPU.upload_plan(plan, workspace.address(), stream.raw()).unwrap();
        GPU.launch(plan, workspace.address(), stream.raw()).unwrap();
        GPU.launch(plan, workspace.address(), stream.raw()).unwrap();
    }
    stream.wait().unwrap();
}

/// What lies before the buffer, the blob in it, and what lies after it.
fn read(
    plan: &GpuEncodePlan,
    workspace: &DeviceMemory,
    memory: &DeviceMemory,
    guard: usize,
    len: usize,
) -> (Vec<u8>, Vec<u8>, Vec<u8>) {
    let places = plan.places();
    let mut bytes = vec![0; (places.end - places.start) as usize];
    workspace.read(places.start, &mut bytes).unwrap();
    let place = plan.read_places(&bytes).unwrap()[0];
    let mut all = vec![0; memory.len() as usize];
    memory.read(0, &mut all).unwrap();
    let blob = all[guard + place.offset as usize..][..place.len as usize].to_vec();
    assert!(place.offset + place.len <= len as u64);
    (all[..guard].to_vec(), blob, all[guard + len..].to_vec())
}
