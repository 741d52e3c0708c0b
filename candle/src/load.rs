//! All tensors of a model at once.

use crate::tensor::decode;
use candle_core::{Device, Result, Tensor};
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use wcodec::{Decoder, Model, ModelTensor};

/// Threads that load. Decoding itself takes all cores; a second thread reads and compares checksums
/// meanwhile, which one core does.
const LOADERS: usize = 2;

type Loaded = (String, Tensor);

/// Decodes all tensors; to the memory of a device one after the other.
pub fn load_all(
    model: &Model,
    decoder: &Decoder,
    device: &Device,
) -> Result<HashMap<String, Tensor>> {
    let mut tensors: Vec<ModelTensor<'_>> = model.tensors().collect();
    // The largest first: beside it there is room for many small ones.
    tensors.sort_by_key(|tensor| std::cmp::Reverse(tensor.byte_len()));
    let loaders = if device.is_cpu() { LOADERS } else { 1 };
    let next = AtomicUsize::new(0);
    let load = || -> Result<Vec<Loaded>> {
        let mut loaded = Vec::new();
        while let Some(tensor) = tensors.get(next.fetch_add(1, Ordering::Relaxed)) {
            let decoded = decode(tensor, decoder, device).inspect_err(|_| {
                // The others need not go on.
                next.store(tensors.len(), Ordering::Relaxed);
            })?;
            loaded.push((tensor.name().to_owned(), decoded));
        }
        Ok(loaded)
    };
    let parts: Result<Vec<Vec<Loaded>>> = thread::scope(|scope| {
        let others: Vec<_> = (1..loaders)
            .map(|_| thread::Builder::new().spawn_scoped(scope, load))
            .filter_map(std::io::Result::ok)
            .collect();
        let mut parts = vec![load()];
        for other in others {
            parts.push(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        parts.into_iter().collect()
    });
    Ok(parts?.into_iter().flatten().collect())
}
