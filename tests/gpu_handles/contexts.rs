//! Handles of different contexts, and so of different devices, are not used together.

use super::{bytes_of, encode, tensor};
use cust::context::legacy::{Context, ContextStack};
use cust::context::{ContextFlags, ContextHandle};
use cust::device::Device;
use std::sync::Arc;
use support::write_archive;
use tempfile::TempDir;
use wcodec::gpu::{
    DeviceMemory, GpuBatch, GpuContext, GpuDecoder, GpuEvent, GpuLoader, GpuStream, LoadOptions,
    RawContext,
};
use wcodec::{Blob, Error, Result};

/// A context of the first GPU beside its primary one.
pub struct Second {
    /// First, as it is to be dropped before the driver's context is destroyed.
    pub context: GpuContext,
    pub driver: Context,
}

impl Second {
    pub fn new() -> Self {
        // Opened for the driver to be initialised.
        GpuContext::open(0).expect("an NVIDIA GPU");
        let device = Device::get_device(0).unwrap();
        let driver = Context::create_and_push(ContextFlags::SCHED_AUTO, device).unwrap();
        ContextStack::pop().unwrap();
        // SAFETY: it is destroyed after `context`, and tests keep no clones for longer.
        let context = unsafe { GpuContext::from_raw(RawContext(driver.get_inner() as u64)) };
        Self { context: context.unwrap(), driver }
    }
}

/// Checks a refusal, which names the handle of the wrong context.
#[track_caller]
fn check_refused<T>(result: Result<T>, what: &str) {
    match result {
        Err(Error::InvalidArgument(reason)) => {
            let said = format!("{what} is of another context");
            assert!(reason.starts_with(&said), "{reason}");
        }
        Err(error) => panic!("{what}: {error}"),
        Ok(_) => panic!("{what} was not refused"),
    }
}

/// Whatever mixes the handles of `gpu` with others; afterwards its own still work.
#[track_caller]
fn check_kept_apart(gpu: &GpuDecoder, other: &GpuContext) {
    let tensor = tensor();
    let blob = encode(&tensor);
    let blobs = [Blob::parse(&blob).unwrap()];
    let len = GpuBatch::output_offsets(&blobs).1;
    let out = Arc::new(gpu.allocate(len).unwrap());
    let elsewhere = Arc::new(DeviceMemory::new(other, len).unwrap());
    let stream = GpuStream::new(other).unwrap();
    check_refused(GpuBatch::upload(gpu, &blobs, &elsewhere), "the memory");
    let batch = GpuBatch::upload(gpu, &blobs, &out).unwrap();
    check_refused(batch.decode_on(&stream), "the stream");
    check_refused(out.fill_on(0xA5, &stream), "the stream");
    check_refused(out.copy_from_on(&elsewhere, gpu.stream()), "the stream");
    check_refused(out.copy_from_on(&elsewhere, &stream), "the stream");
    check_refused(gpu.stream().record(&GpuEvent::new(other).unwrap()), "the event");
    check_refused(load_nothing(gpu, &stream), "the stream");
    batch.decode().unwrap();
    assert_eq!(batch.corrupt_tiles().unwrap(), [None]);
    assert!(bytes_of(&out)[..tensor.data.len()] == tensor.data);
    assert!(bytes_of(&elsewhere).iter().all(|&byte| byte == 0));
}

/// Loads no tensors after the work on a stream.
fn load_nothing(gpu: &GpuDecoder, stream: &GpuStream) -> Result<()> {
    let folder = TempDir::new().unwrap();
    let archive = write_archive(&folder.path().join("empty.wcodec"), std::iter::empty());
    let options = LoadOptions::new().readers(1);
    let mut loader = GpuLoader::new(gpu, options).unwrap();
    // SAFETY: there are no targets.
    unsafe { loader.load_into(&archive, &[], stream, &()) }
}

/// The contexts are a second one of the first GPU, and those of all further GPUs, if there are any.
#[test]
#[ignore = "needs an NVIDIA GPU"]
fn contexts_are_kept_apart() {
    let second = Second::new();
    let primary = GpuDecoder::open(0).unwrap();
    check_kept_apart(&primary, &second.context);
    check_kept_apart(&GpuDecoder::new(&second.context).unwrap(), primary.context());
    for ordinal in 1..Device::num_devices().unwrap() {
        println!("and GPU {ordinal}");
        let other = GpuDecoder::open(ordinal).unwrap();
        check_kept_apart(&primary, other.context());
        check_kept_apart(&other, primary.context());
    }
}

/// However often a context is opened, it is one, and its handles go together.
#[test]
#[ignore = "needs an NVIDIA GPU"]
fn one_context_opened_twice_is_one() {
    let (first, second) = (GpuDecoder::open(0).unwrap(), GpuDecoder::open(0).unwrap());
    let tensor = tensor();
    let blob = encode(&tensor);
    let blobs = [Blob::parse(&blob).unwrap()];
    let out = Arc::new(first.allocate(GpuBatch::output_offsets(&blobs).1).unwrap());
    let batch = GpuBatch::upload(&second, &blobs, &out).unwrap();
    // The memory that it needs lives on in it.
    drop((first, second));
    batch.decode_on(&GpuStream::new(out.context()).unwrap()).unwrap();
    assert_eq!(batch.corrupt_tiles().unwrap(), [None]);
    assert!(bytes_of(&out)[..tensor.data.len()] == tensor.data);
}
