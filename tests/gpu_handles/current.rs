//! Every call leaves the calling thread's current context as it was.

use super::contexts::Second;
use super::lender::Lender;
use super::{bytes_of, encode, tensor};
use cust::context::legacy::{ContextStack, CurrentContext, UnownedContext};
use cust::context::{Context, ContextHandle};
use cust::device::Device;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};
use std::thread;
use support::{Options, write_archive};
use tempfile::TempDir;
use wcodec::gpu::{
    DeviceMemory, GpuBatch, GpuContext, GpuDecoder, GpuEvent, GpuLoader, GpuPlan, LoadOptions,
    LoadTarget, PlannedTensor, decode_range, probe,
};
use wcodec::{Blob, Decoder, DeviceChoice};

/// The current context as the driver knows it; 0 where there is none.
pub fn current() -> usize {
    CurrentContext::get_current().unwrap().get_inner() as usize
}

/// Calls every function, and tells `after` of each call.
fn call_everything(after: &dyn Fn(&str)) {
    let gpu = GpuDecoder::open(0).unwrap();
    after("open");
    decoding(&gpu, after);
    memory(&gpu, after);
    loading(&gpu, after);
    refusals(&gpu, after);
    drop(gpu);
    after("drop a decoder");
    probe();
    after("probe");
    Decoder::open(DeviceChoice::Cuda(0)).unwrap();
    after("open by the interface for all devices");
}

fn decoding(gpu: &GpuDecoder, after: &dyn Fn(&str)) {
    let tensor = tensor();
    let blob = encode(&tensor);
    let blobs = [Blob::parse(&blob).unwrap()];
    let out = Arc::new(gpu.allocate(GpuBatch::output_offsets(&blobs).1).unwrap());
    after("allocate");
    let batch = GpuBatch::upload(gpu, &blobs, &out).unwrap();
    after("upload a batch");
    batch.decode().unwrap();
    after("decode a batch");
    let stream = gpu.new_stream().unwrap();
    after("make a stream");
    batch.decode_on(&stream).unwrap();
    after("decode a batch on a stream");
    batch.corrupt_tiles().unwrap();
    after("look for unsound tiles");
    drop((batch, out, stream));
    after("drop a batch, its memory and a stream");
    let mut decoded = vec![0; tensor.data.len()];
    decode_range(gpu, &blobs[0], 0..decoded.len() as u64, &mut decoded).unwrap();
    after("decode a range");
    assert!(decoded == tensor.data);
    let mut plan = GpuPlan::new(&[PlannedTensor::whole(blobs[0].front(), 0, 0)]).unwrap();
    plan.pin(gpu.context()).unwrap();
    after("pin a plan");
    drop(plan);
    after("drop a pinned plan");
}

fn memory(gpu: &GpuDecoder, after: &dyn Fn(&str)) {
    let (memory, other) = (gpu.allocate(1 << 20).unwrap(), gpu.allocate(1 << 20).unwrap());
    memory.write(7, &[1; 1000]).unwrap();
    after("write");
    other.copy_from_on(&memory, gpu.stream()).unwrap();
    after("copy");
    assert_eq!(bytes_of(&other)[7..1007], [1; 1000]);
    after("read");
    memory.fill(2).unwrap();
    after("fill");
    memory.fill_on(3, gpu.stream()).unwrap();
    after("fill on a stream");
    let event = GpuEvent::new(gpu.context()).unwrap();
    after("make an event");
    gpu.stream().record(&event).unwrap();
    after("record an event");
    gpu.stream().wait_for(&event).unwrap();
    after("have a stream wait");
    event.wait().unwrap();
    after("wait for an event");
    assert!(event.is_reached().unwrap());
    after("look at an event");
    gpu.wait().unwrap();
    after("wait for a stream");
    gpu.context().free_memory().unwrap();
    after("ask for free memory");
    drop((memory, other, event, gpu.pin(1000).unwrap()));
    after("drop memory, an event and pinned memory");
}

fn loading(gpu: &GpuDecoder, after: &dyn Fn(&str)) {
    let folder = TempDir::new().unwrap();
    let tensor = tensor();
    let tensors = [(&tensor, Options::default())];
    let archive = write_archive(&folder.path().join("model.wcodec"), tensors.into_iter());
    let options = LoadOptions::new().readers(2).piece_bytes(1 << 16);
    let mut loader = GpuLoader::new(gpu, options).unwrap();
    after("make a loader");
    let model = loader.load(&archive).unwrap();
    after("load");
    let tensor = &model.tensors()[0];
    let address = model.address(tensor);
    let targets = [LoadTarget::new(tensor.name(), address).rows(3..700)];
    let progress = |_| ControlFlow::Continue(());
    // SAFETY: the rows fit the memory of the whole tensor, which nothing else uses.
    unsafe { loader.load_into(&archive, &targets, gpu.stream(), &progress) }.unwrap();
    after("load rows");
    drop((model, loader));
    after("drop a loader and a model");
}

/// Calls that fail leave it as well.
fn refusals(gpu: &GpuDecoder, after: &dyn Fn(&str)) {
    let memory = gpu.allocate(1000).unwrap();
    assert!(memory.write(999, &[0; 2]).is_err());
    after("write beyond the end");
    assert!(GpuDecoder::open(1000).is_err());
    after("open what is not there");
    assert!(memory.copy_from_on(&memory, gpu.stream()).is_err());
    after("copy to itself");
}

/// A thread of its own, with this context current, or none, calls everything.
fn check_restored(context: Option<&UnownedContext>) {
    let check = || {
        if let Some(context) = context {
            ContextStack::push(context).unwrap();
        }
        let before = current();
        assert_eq!(before, context.map_or(0, |context| context.get_inner() as usize));
        call_everything(&|call| assert_eq!(current(), before, "after: {call}"));
        if context.is_some() {
            ContextStack::pop().unwrap();
        }
        assert_eq!(current(), 0, "more was pushed than popped");
    };
    thread::scope(|scope| scope.spawn(check).join()).unwrap();
}

#[test]
#[ignore = "needs an NVIDIA GPU"]
fn the_current_context_is_restored() {
    let second = Second::new();
    check_restored(None);
    check_restored(Some(&second.driver.get_unowned()));
    let primary = Context::new(Device::get_device(0).unwrap()).unwrap();
    // SAFETY: the context lives as long as `primary`.
    check_restored(Some(&unsafe { UnownedContext::from_raw(primary.as_raw()) }));
}

/// Memory is given back in its own context, whichever is current where it is dropped.
#[test]
#[ignore = "needs an NVIDIA GPU"]
fn memory_is_freed_in_its_own_context() {
    let second = Second::new();
    let primary = GpuContext::open(0).unwrap();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let look = {
        let seen = Arc::clone(&seen);
        move || seen.lock().unwrap().push(current())
    };
    let lender = Arc::new(Lender::new(&primary, look));
    let memory = DeviceMemory::new(&primary.clone().with_allocator(lender), 1000).unwrap();
    ContextStack::push(&second.driver).unwrap();
    drop(memory);
    ContextStack::pop().unwrap();
    assert_eq!(*seen.lock().unwrap(), [primary.raw().0 as usize]);
}
