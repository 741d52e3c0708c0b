//! The speed of encoding and decoding the tensors of a checkpoint, and their entropy limit.

use crate::checkpoint::{Checkpoint, Tensor};
use std::time::{Duration, Instant};
use wcodec::programs::analyze::entropy_limit;
use wcodec::{Blob, Decoder, Encoder, Result, TensorView};

/// Passes over the checkpoint; the fastest counts.
const PASSES: usize = 3;

/// The measurements over all tensors.
pub struct Measured {
    /// Decoded bytes.
    pub bytes: u64,
    /// The least that an order-0 code could take.
    pub limit_bytes: u64,
    pub encode: Duration,
    pub decode: Duration,
}

/// Encodes and decodes every tensor in memory.
pub fn run(checkpoint: &Checkpoint, decoder: &Decoder) -> Result<Measured> {
    let views: Vec<_> = checkpoint.tensors.iter().map(view).collect::<Result<_>>()?;
    let encoder = Encoder::new();
    let (encode, blobs) =
        fastest(|| views.iter().map(|view| encoder.encode(view)).collect::<Result<Vec<_>>>())?;
    // Written once before the clock runs: fresh pages would be timed otherwise.
    let mut decoded: Vec<_> = views.iter().map(|view| vec![0xA5; view.data().len()]).collect();
    let (decode, ()) = fastest(|| {
        let pairs = blobs.iter().zip(&mut decoded);
        pairs.into_iter().try_for_each(|(blob, out)| decoder.decode(&Blob::parse(blob)?, out))
    })?;
    let limits: Vec<_> = views.iter().map(entropy_limit).collect::<Result<_>>()?;
    Ok(Measured {
        bytes: views.iter().map(|view| view.data().len() as u64).sum(),
        limit_bytes: limits.iter().sum(),
        encode,
        decode,
    })
}

fn view(tensor: &Tensor) -> Result<TensorView<'_>> {
    TensorView::new(tensor.dtype, &tensor.shape, &tensor.data)
}

/// The time of the fastest pass, and what the last one gave.
fn fastest<T>(mut pass: impl FnMut() -> Result<T>) -> Result<(Duration, T)> {
    let mut timed = || {
        let start = Instant::now();
        pass().map(|result| (start.elapsed(), result))
    };
    let (mut least, mut result) = timed()?;
    for _ in 1..PASSES {
        let (elapsed, again) = timed()?;
        (least, result) = (least.min(elapsed), again);
    }
    Ok((least, result))
}
