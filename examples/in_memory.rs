//! Compresses a tensor in memory, and restores it.
//!
//!     cargo run --release --example in_memory

use wcodec::{Dtype, Tensor, TensorView};

/// The bytes of an archive of one tensor, and the tensor that they are restored to.
pub fn in_memory(weights: &[f32], shape: &[u64]) -> wcodec::Result<(Vec<u8>, Tensor)> {
    let bytes: Vec<u8> = weights.iter().flat_map(|weight| weight.to_le_bytes()).collect();
    let compressed = wcodec::compress(&TensorView::new(Dtype::F32, shape, &bytes)?)?;
    let restored = wcodec::decompress(&compressed)?; // a flipped bit would be an error
    Ok((compressed, restored))
}

fn main() -> wcodec::Result<()> {
    let weights: Vec<f32> = (0..64 * 512).map(|i| (i as f32).sin()).collect();
    let (compressed, restored) = in_memory(&weights, &[64, 512])?;
    println!("{} bytes became {}", restored.data().len(), compressed.len());
    Ok(())
}
