//! Two GPUs of one machine, side by side in one process.

use super::current::current;
use super::{bytes_of, encode, tensor};
use cust::context::legacy::{ContextStack, UnownedContext};
use cust::context::{Context, ContextHandle};
use cust::device::Device;
use std::sync::Arc;
use std::thread;
use wcodec::gpu::{DeviceMemory, GpuBatch, GpuContext, GpuDecoder, GpuStream};
use wcodec::{Blob, Decoder, DeviceChoice, Error, Result};

/// Decodes a blob on a GPU, on a stream of its own.
fn decode_on(gpu: &GpuDecoder, blob: &[u8]) -> Vec<u8> {
    let blobs = [Blob::parse(blob).unwrap()];
    let out = Arc::new(gpu.allocate(GpuBatch::output_offsets(&blobs).1).unwrap());
    let batch = GpuBatch::upload(gpu, &blobs, &out).unwrap();
    batch.decode_on(&gpu.new_stream().unwrap()).unwrap();
    assert_eq!(batch.corrupt_tiles().unwrap(), [None]);
    bytes_of(&out)[..blobs[0].front().byte_len() as usize].to_vec()
}

/// The first two GPUs.
fn both() -> [GpuDecoder; 2] {
    [0, 1].map(|ordinal| GpuDecoder::open(ordinal).unwrap())
}

#[test]
#[ignore = "needs two NVIDIA GPUs"]
fn both_decode_in_turn_and_at_once() {
    let tensor = tensor();
    let blob = encode(&tensor);
    let gpus = both();
    assert_eq!(gpus.each_ref().map(|gpu| gpu.context().ordinal()), [0, 1]);
    for gpu in [&gpus[0], &gpus[1], &gpus[0]] {
        assert!(decode_on(gpu, &blob) == tensor.data, "GPU {}", gpu.context().ordinal());
    }
    let at_once = |gpu| (0..20).all(|_| decode_on(gpu, &blob) == tensor.data);
    let correct = thread::scope(|scope| {
        let threads = gpus.each_ref().map(|gpu| scope.spawn(move || at_once(gpu)));
        threads.map(|thread| thread.join().unwrap())
    });
    assert_eq!(correct, [true; 2]);
    let mut decoded = vec![0; tensor.data.len()];
    let second = Decoder::open(DeviceChoice::Cuda(1)).unwrap();
    second.decode(&Blob::parse(&blob).unwrap(), &mut decoded).unwrap();
    assert!(decoded == tensor.data);
}

/// Whichever context is current, work on either GPU leaves it so.
#[test]
#[ignore = "needs two NVIDIA GPUs"]
fn the_current_context_stays() {
    let blob = encode(&tensor());
    let gpus = both();
    let check = |expected: usize| {
        assert_eq!(current(), expected);
        for gpu in &gpus {
            decode_on(gpu, &blob);
            assert_eq!(current(), expected, "after GPU {}", gpu.context().ordinal());
        }
    };
    check(0);
    for ordinal in [0, 1] {
        let primary = Context::new(Device::get_device(ordinal).unwrap()).unwrap();
        // SAFETY: the context lives as long as `primary`.
        let context = unsafe { UnownedContext::from_raw(primary.as_raw()) };
        ContextStack::push(&context).unwrap();
        check(context.get_inner() as usize);
        ContextStack::pop().unwrap();
    }
    check(0);
}

#[test]
#[ignore = "needs two NVIDIA GPUs"]
fn neither_takes_memory_or_streams_of_the_other() {
    let blob = encode(&tensor());
    let blobs = [Blob::parse(&blob).unwrap()];
    let len = GpuBatch::output_offsets(&blobs).1;
    let [first, second] = both();
    for (own, other) in [(&first, &second), (&second, &first)] {
        let memory = |context: &GpuContext| Arc::new(DeviceMemory::new(context, len).unwrap());
        let (here, there) = (memory(own.context()), memory(other.context()));
        let stream = GpuStream::new(other.context()).unwrap();
        check_refused(GpuBatch::upload(own, &blobs, &there), "the memory");
        let batch = GpuBatch::upload(own, &blobs, &here).unwrap();
        check_refused(batch.decode_on(&stream), "the stream");
        check_refused(here.fill_on(1, &stream), "the stream");
        check_refused(here.copy_from_on(&there, own.stream()), "the stream");
    }
}

/// Checks a refusal, which names the handle and both GPUs.
#[track_caller]
fn check_refused<T>(result: Result<T>, what: &str) {
    let Err(Error::InvalidArgument(reason)) = result else { panic!("{what} was not refused") };
    assert!(reason.starts_with(&format!("{what} is of another context (GPU ")), "{reason}");
    assert!(reason.contains("(GPU 0)") && reason.contains("(GPU 1)"), "{reason}");
}
