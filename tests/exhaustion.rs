//! Memory runs out at each allocation of a decode in turn: an error that says so, never an abort, and the next
//! decode is right.
//!
//! A program of its own, as it has its own allocator.

use rayon::ThreadPoolBuilder;
use support::failing_allocator::{AllocationsFail, count, failing_at};
use support::{Distribution, Options, Tensor, cpu, write_archive};
use tempfile::TempDir;
use wcodec::format::{PlaneCodec, Predictor};
use wcodec::{Blob, Decoder, Dtype, Error};

#[global_allocator]
static ALLOCATOR: AllocationsFail = AllocationsFail;

/// A tensor for each codec, of several tiles and tables.
fn tensors() -> Vec<(Tensor, Options)> {
    let matrix =
        |dtype, columns| Tensor::new(dtype, &[40, columns], Distribution::OutlierColumns, 1);
    let mut tensors: Vec<_> = PlaneCodec::ALL[1..]
        .iter()
        .flat_map(|&codec| {
            let options = Options::forced(codec, Predictor::Left);
            [(matrix(Dtype::BF16, 300), options), (matrix(Dtype::U8, 1024), options)]
        })
        .collect();
    tensors.push((Tensor::of_bytes(vec![7; 5000]), Options::default()));
    tensors
}

/// Has each allocation of `work` fail in turn until none does.
fn each_fails(what: &str, mut work: impl FnMut() -> wcodec::Result<()>) -> u64 {
    count(|| work().unwrap());
    let allocations = count(|| work().unwrap());
    for allocation in 0..allocations {
        let error = failing_at(allocation, &mut work).expect_err(what);
        let said = matches!(error, Error::OutOfMemory { .. });
        assert!(said, "{what}: allocation {allocation} of {allocations}: {error}");
        work().unwrap();
    }
    allocations
}

/// In one thread, which is the one whose allocations fail.
fn alone(work: impl FnOnce() + Send) {
    ThreadPoolBuilder::new().num_threads(1).build().unwrap().install(work);
}

#[test]
fn decoding_tensors_of_an_archive() {
    let folder = TempDir::new().unwrap();
    let tensors = tensors();
    let written = tensors.iter().map(|(tensor, options)| (tensor, *options));
    let archive = write_archive(&folder.path().join("archive"), written);
    let decoder = cpu();
    alone(|| {
        for (info, (original, _)) in archive.tensors().iter().zip(&tensors) {
            let decode = || {
                let mut decoded = Vec::new();
                archive.decode_into(info, &decoder, &mut decoded)?;
                assert!(decoded == original.data);
                Ok(())
            };
            // The blob, the list of tile rows, the tensor; tables twice where there are any.
            let allocations = each_fails(info.name(), decode);
            assert!((3..=5).contains(&allocations), "{}: {allocations}", info.name());
        }
    });
}

#[test]
fn decoding_ranges() {
    let decoder: Decoder = cpu();
    for (tensor, options) in tensors() {
        let bytes = options.encoder().encode(&tensor.view()).unwrap();
        let end = tensor.data.len() - 3;
        let mut decoded = vec![0; end - 5];
        alone(|| {
            let decode = || {
                let blob = Blob::parse(&bytes)?;
                decoder.decode_range(&blob, 5..end as u64, &mut decoded)?;
                assert!(decoded == tensor.data[5..end]);
                Ok(())
            };
            assert!(each_fails(&format!("{options:?}"), decode) >= 2);
        });
    }
}
