//! Memory is freed after all that uses it, whatever threads and streams it was started from.

use super::lender::Lender;
use super::{bytes_of, encode, tensor};
use std::sync::{Arc, Mutex};
use std::thread;
use wcodec::Blob;
use wcodec::gpu::{GpuBatch, GpuContext, GpuDecoder, GpuEvent, GpuStream};

/// Bytes that a stream is kept busy with, and how often: a tenth of a second on a fast GPU, and more
/// where the host was too slow for that.
const BALLAST: u64 = 2 << 30;
const FILLS: [usize; 4] = [200, 1000, 5000, 25_000];

/// Two threads decode one batch, the first on a stream that is busy for long. An event that the
/// second records must not stand for both, unless its work comes after the first's.
#[test]
#[ignore = "needs an NVIDIA GPU"]
fn memory_is_freed_after_the_decodes_of_all_threads() {
    let tells = FILLS.into_iter().any(free_while_busy);
    assert!(tells, "the decode on the busy stream was always done too soon to tell anything");
}

/// Frees memory that a decode uses on a stream with so much to do before, and checks that it is freed
/// after that; returns false where the decode was done before the memory was given back.
fn free_while_busy(fills: usize) -> bool {
    let plain = GpuContext::open(0).expect("an NVIDIA GPU");
    let events = [(); 2].map(|()| GpuEvent::new(&plain).unwrap());
    let events = Arc::new(events);
    // For each piece of memory that was freed, which of the decodes were done.
    let seen = Arc::new(Mutex::new(Vec::new()));
    let look = {
        let (events, seen) = (Arc::clone(&events), Arc::clone(&seen));
        move || seen.lock().unwrap().push(events.each_ref().map(|done| done.is_reached().unwrap()))
    };
    let ballast = Arc::new(GpuDecoder::new(&plain).unwrap().allocate(BALLAST).unwrap());
    let streams = [(); 2].map(|()| GpuStream::new(&plain).unwrap());
    let lender = Arc::new(Lender::new(&plain, look));
    let gpu = GpuDecoder::new(&plain.with_allocator(Arc::clone(&lender) as _)).unwrap();
    let blob = encode(&tensor());
    let blobs = [Blob::parse(&blob).unwrap()];
    let out = Arc::new(gpu.allocate(GpuBatch::output_offsets(&blobs).1).unwrap());
    let batch = GpuBatch::upload(&gpu, &blobs, &out).unwrap();
    for _ in 0..fills {
        ballast.fill_on(1, &streams[0]).unwrap();
    }
    for (stream, done) in streams.iter().zip(&*events) {
        let decode = || batch.decode_on(stream).and_then(|()| stream.record(done));
        thread::scope(|scope| scope.spawn(decode).join()).unwrap().unwrap();
    }
    let is_busy = !events[0].is_reached().unwrap();
    drop((batch, out));
    assert_eq!(*seen.lock().unwrap(), [[true; 2]; 2]);
    assert_eq!(lender.lent(), 0);
    is_busy
}

/// Many decodes of one batch at once, each into the same memory, with reads between them.
#[test]
#[ignore = "needs an NVIDIA GPU"]
fn threads_decode_one_batch_at_once() {
    let gpu = GpuDecoder::open(0).unwrap();
    let tensor = tensor();
    let blob = encode(&tensor);
    let blobs = [Blob::parse(&blob).unwrap()];
    let out = Arc::new(gpu.allocate(GpuBatch::output_offsets(&blobs).1).unwrap());
    let batch = GpuBatch::upload(&gpu, &blobs, &out).unwrap();
    batch.decode().unwrap();
    let work = || {
        let stream = gpu.new_stream().unwrap();
        for _ in 0..50 {
            batch.decode_on(&stream).unwrap();
            assert!(bytes_of(&out)[..tensor.data.len()] == tensor.data);
            assert_eq!(batch.corrupt_tiles().unwrap(), [None]);
        }
    };
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(work);
        }
    });
}
