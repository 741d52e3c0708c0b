//! A GPU whose memory is taken: an error that says so, or the right bytes; and memory is given
//! back.
//!
//! Alone in its program, as it leaves no memory to others.

use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use support::{Distribution, Options, Tensor, check_decoded, cpu, decode, number};
use wcodec::encode::{PlaneCodec, Predictor};
use wcodec::gpu::{DeviceMemory, GpuContext, GpuDecoder};
use wcodec::{Blob, Decoder, DeviceChoice, Dtype, Error};

const MIB: u64 = 1 << 20;

/// Takes device memory until hardly more than `leave` bytes are free.
fn take_all_but(device: &GpuDecoder, leave: u64) -> Vec<DeviceMemory> {
    let mut taken = Vec::new();
    let mut size = 1u64 << 36;
    while size >= MIB {
        let free = free();
        if free.saturating_sub(leave) < size {
            size /= 2;
            continue;
        }
        match device.allocate(size) {
            Ok(memory) => taken.push(memory),
            Err(Error::OutOfMemory { .. }) => size /= 2,
            Err(error) => panic!("{error}"),
        }
    }
    taken
}

/// Bytes of device memory that are free.
fn free() -> u64 {
    static CONTEXT: LazyLock<GpuContext> =
        LazyLock::new(|| GpuContext::open(0).expect("an NVIDIA GPU"));
    CONTEXT.free_memory().unwrap()
}

/// One after the other, as each takes notice of what the other does.
static ALONE: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// `WCODEC_LOOPS` asks for more of them.
#[test]
#[ignore = "needs an NVIDIA GPU"]
fn decoding_over_and_over_takes_no_more_memory() {
    let _alone = alone();
    let decoder = Decoder::open(DeviceChoice::Cuda(0)).unwrap();
    let tensor = Tensor::new(Dtype::BF16, &[512, 4096], Distribution::Gaussian(6.0), 1);
    let blob = Options::default().encoder().encode(&tensor.view()).unwrap();
    let mut free_before = 0;
    for index in 0..number("WCODEC_LOOPS", 200) {
        check_decoded(&decoder, &blob, &tensor.data);
        // The driver's own memory is there from the first decodes on.
        if index == 10 {
            free_before = free();
        }
    }
    assert!(free() + MIB >= free_before, "{free_before} bytes were free, then {}", free());
}

#[test]
#[ignore = "needs an NVIDIA GPU"]
fn memory_that_is_taken_is_an_error_and_is_given_back() {
    let _alone = alone();
    let tensor = Tensor::new(Dtype::U8, &[1 << 15, 4096], Distribution::Constant, 1);
    let raw = Options::forced(PlaneCodec::Raw, Predictor::None);
    let blob = raw.encoder().encode(&tensor.view()).unwrap();
    assert!(Blob::parse(&blob).unwrap().byte_len() == 128 * MIB);
    let device = GpuDecoder::open(0).unwrap();
    let before = {
        // The driver's own memory is there from the first decode on.
        check_decoded(&Decoder::open(DeviceChoice::Cuda(0)).unwrap(), &blob, &tensor.data);
        free()
    };
    for (leave, enough) in [(0, false), (64 * MIB, false), (512 * MIB, true)] {
        let decoder = Decoder::open(DeviceChoice::Cuda(0)).unwrap();
        let taken = take_all_but(&device, leave);
        match decode(&decoder, &blob) {
            Ok(decoded) => assert!(enough && decoded == tensor.data, "with {leave} bytes free"),
            Err(Error::OutOfMemory { .. }) => assert!(!enough, "with {leave} bytes free"),
            Err(error) => panic!("with {leave} bytes free: {error}"),
        }
        drop(taken);
        check_decoded(&decoder, &blob, &tensor.data);
        drop(decoder);
        assert!(free() + MIB >= before, "{} bytes were free, then {}", before, free());
    }
    check_decoded(&cpu(), &blob, &tensor.data);
}
