//! Loads an archive to an NVIDIA GPU: read, copied and decoded at once.
//!
//!     cargo run --release --features gpu --example on_gpu -- model.wcodec

use std::env;
use std::path::Path;
use wcodec::Archive;
use wcodec::gpu::{GpuDecoder, GpuLoader, LoadOptions};

/// The name of each tensor, its address in device memory, and its bytes, copied back.
pub fn on_gpu(archive: &Path) -> wcodec::Result<Vec<(String, u64, Vec<u8>)>> {
    let gpu = GpuDecoder::open(0)?; // the error says why where there is none
    let mut loader = GpuLoader::new(&gpu, LoadOptions::new())?;
    let model = loader.load(&Archive::open(archive)?)?;
    let mut tensors = Vec::new();
    for tensor in model.tensors() {
        let mut bytes = vec![0; tensor.byte_len() as usize];
        model.memory().read(tensor.offset(), &mut bytes)?;
        tensors.push((tensor.name().to_owned(), model.address(tensor), bytes));
    }
    Ok(tensors)
}

fn main() -> wcodec::Result<()> {
    let archive = env::args_os().nth(1).expect("usage: on_gpu ARCHIVE");
    for (name, address, bytes) in on_gpu(archive.as_ref())? {
        println!("{name}: {} bytes at {address:#x}", bytes.len());
    }
    Ok(())
}
