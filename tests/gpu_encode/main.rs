//! Tensors in device memory become blobs there: those that every decoder decodes, and that a CPU
//! makes of the same choices.
//!
//! The test binary needs nothing but itself, so that it can be copied to where there is a GPU.

mod addresses;
mod blobs;
mod codecs;
mod graph;
mod planned;
mod refusals;
mod twin;

use std::sync::LazyLock;
use support::{Tensor, check_blob, check_decoded};
use wcodec::blob::BlobSummary;
use wcodec::gpu::{DeviceMemory, GpuEncoder};
use wcodec::programs::encode_as_device;
use wcodec::{Blob, Decoder, DeviceChoice, Dtype, Encoder};

/// One for all tests, as a program has.
static GPU: LazyLock<GpuEncoder> = LazyLock::new(|| GpuEncoder::open(0).expect("an NVIDIA GPU"));
static DECODER: LazyLock<Decoder> =
    LazyLock::new(|| Decoder::open(DeviceChoice::Cuda(0)).expect("an NVIDIA GPU"));

/// Device memory that holds these bytes.
fn memory(bytes: &[u8]) -> DeviceMemory {
    let memory = DeviceMemory::new(GPU.context(), bytes.len() as u64).unwrap();
    memory.write(0, bytes).unwrap();
    memory
}

/// The blob of a tensor.
fn encode(tensor: &Tensor) -> Vec<u8> {
    let source = memory(&tensor.data);
    let blobs = GPU.encode(&source, &[(tensor.dtype, 0..tensor.data.len() as u64)]).unwrap();
    blobs.to_host().unwrap().pop().unwrap()
}

/// Checks that every decoder makes the tensor of the blob, that a CPU which takes the same choices
/// makes the same blob, and that one which chooses as the device is to choose does so.
#[track_caller]
fn check(blob: &[u8], tensor: &Tensor) -> BlobSummary {
    let summary = check_blob(blob, &tensor.data);
    check_decoded(&DECODER, blob, &tensor.data);
    let parsed = Blob::parse(blob).unwrap();
    let repeated = Encoder::encode_as(&parsed, &tensor.view()).unwrap();
    let differs = repeated.iter().zip(blob).position(|(a, b)| a != b);
    let (len, expected) = (blob.len(), repeated.len());
    assert!(
        repeated == blob,
        "{len} bytes, {expected} by the CPU, apart at {differs:?}: {summary:?}"
    );
    let chosen = encode_as_device(&tensor.view()).unwrap();
    assert!(chosen == blob, "a CPU chooses otherwise: {summary:?}");
    summary
}

/// Bytes as a tensor.
fn bytes(dtype: Dtype, data: Vec<u8>) -> Tensor {
    let shape = vec![(8 * data.len() / dtype.bitsize()) as u64];
    Tensor { dtype, shape, data }
}
