//! Handles of a GPU cannot be used wrongly without `unsafe`: handles of different contexts are kept
//! apart, the caller's current context stays, and memory outlives its uses and holds no secrets.

mod contexts;
mod current;
mod fresh_memory;
mod lender;
mod lifetimes;
mod two_gpus;

use support::{Distribution, Options, Tensor};
use wcodec::Dtype;
use wcodec::gpu::DeviceMemory;

/// A tensor of many tiles.
fn tensor() -> Tensor {
    Tensor::new(Dtype::BF16, &[1000, 777], Distribution::Gaussian(6.0), 1)
}

fn encode(tensor: &Tensor) -> Vec<u8> {
    Options::default().encoder().encode(&tensor.view()).unwrap()
}

/// All bytes of the memory.
fn bytes_of(memory: &DeviceMemory) -> Vec<u8> {
    let mut bytes = vec![0x3C; memory.len() as usize];
    memory.read(0, &mut bytes).unwrap();
    bytes
}
