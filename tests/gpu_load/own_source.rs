//! A source of blobs that is no archive: blobs in memory.

use super::{check_loaded, tensors};
use std::ops::ControlFlow;
use support::{Options, Tensor};
use wcodec::container::TensorSpec;
use wcodec::gpu::{GpuDecoder, GpuLoader, LoadOptions, LoadTarget};
use wcodec::{BlobInfo, BlobSource, Error, Result};

/// Tensors named "0", "1" and so on, with their blobs.
pub struct InMemory(Vec<(BlobInfo, Vec<u8>)>);

impl InMemory {
    pub fn new(tensors: &[Tensor]) -> Self {
        let encode = |(number, tensor): (usize, &Tensor)| {
            let blob = Options::default().encoder().encode(&tensor.view()).unwrap();
            let name = number.to_string();
            let spec = TensorSpec::new(name, tensor.dtype, tensor.shape.as_slice());
            let info = BlobInfo::new(spec, number as u64, blob.len() as u64, crc32c(&blob));
            (info.unwrap(), blob)
        };
        Self(tensors.iter().enumerate().map(encode).collect())
    }
}

/// CRC-32C a bit at a time, as FORMAT.md has it.
fn crc32c(bytes: &[u8]) -> u32 {
    let step = |sum: u32, _| (sum >> 1) ^ (0x82F6_3B78 & (sum & 1).wrapping_neg());
    let add = |sum: u32, &byte: &u8| (0..8).fold(sum ^ u32::from(byte), step);
    !bytes.iter().fold(!0, add)
}

impl BlobSource for InMemory {
    fn blob_count(&self) -> usize {
        self.0.len()
    }

    fn blob_info(&self, number: usize) -> BlobInfo {
        self.0[number].0.clone()
    }

    fn find_blob(&self, name: &str) -> Result<usize> {
        let found = self.0.iter().position(|(info, _)| info.name == name);
        found.ok_or_else(|| Error::NoSuchTensor { path: "memory".into(), name: name.to_owned() })
    }

    fn read_blob_at(&self, number: usize, offset: u64, bytes: &mut [u8]) -> Result<()> {
        bytes.copy_from_slice(&self.0[number].1[offset as usize..][..bytes.len()]);
        Ok(())
    }

    fn blob_place(&self, number: usize) -> String {
        format!("tensor {number} in memory")
    }
}

#[test]
#[ignore = "needs an NVIDIA GPU"]
fn a_source_of_ones_own_is_loaded() {
    let tensors = tensors();
    let gpu = GpuDecoder::open(0).unwrap();
    let options = LoadOptions::new().piece_bytes(3000).group_bytes(50_000);
    let mut loader = GpuLoader::new(&gpu, options).unwrap();
    check_loaded(&mut loader, &InMemory::new(&tensors), &tensors);
}

/// A false claim of a source, and a part of the error's message.
type Claim = (&'static str, fn(&mut BlobInfo));

/// Claims that the blobs do not keep.
#[test]
#[ignore = "needs an NVIDIA GPU"]
fn false_claims_are_told() {
    let tensors = tensors();
    let gpu = GpuDecoder::open(0).unwrap();
    let mut loader = GpuLoader::new(&gpu, LoadOptions::default()).unwrap();
    let claims: [Claim; 3] = [
        ("decoded bytes", |info| info.byte_len -= 1),
        ("checksum", |info| info.crc32c ^= 1),
        ("", |info| info.blob_len -= 1),
    ];
    for (said, claim) in claims {
        let mut source = InMemory::new(&tensors);
        claim(&mut source.0[3].0);
        let error = loader.load(&source).map(|_| ()).unwrap_err().to_string();
        assert!(error.contains("tensor 3 in memory") && error.contains(said), "{error}");
    }
    check_loaded(&mut loader, &InMemory::new(&tensors), &tensors);
}

/// A progress function that panics ends the load with an error, and leaves the loader usable.
#[test]
#[ignore = "needs an NVIDIA GPU"]
fn a_panic_in_a_progress_function_is_an_error() {
    let tensors = tensors();
    let gpu = GpuDecoder::open(0).unwrap();
    let mut loader = GpuLoader::new(&gpu, LoadOptions::default()).unwrap();
    let source = InMemory::new(&tensors);
    let out = gpu.allocate(tensors[0].data.len() as u64).unwrap();
    let targets = [LoadTarget::new("0", out.address())];
    let panics = |_| -> ControlFlow<()> { panic!("at once") };
    // SAFETY: the memory is as long as the tensor, and used by nothing else.
    let result = unsafe { loader.load_into(&source, &targets, gpu.stream(), &panics) };
    assert!(matches!(result, Err(Error::Panicked { .. })), "{result:?}");
    check_loaded(&mut loader, &source, &tensors);
}
