#![doc = include_str!("../README.md")]

mod backend;
mod load;
mod tensor;

pub use backend::WcodecBackend;
pub use wcodec;

use candle_core::{DType, Device, Result, Tensor};
use candle_nn::VarBuilder;
use std::collections::HashMap;
use std::path::Path;

/// A [`VarBuilder`] over a model: a folder of shards, compressed or not, or one file. Tensors are
/// decoded on the CPU when they are asked for, and cast to `dtype`.
///
/// # Errors
/// Those of [`wcodec::Model::open`].
pub fn var_builder(
    path: impl AsRef<Path>,
    dtype: DType,
    device: &Device,
) -> Result<VarBuilder<'static>> {
    Ok(WcodecBackend::open(path)?.into_var_builder(dtype, device))
}

/// All tensors of a model by their names, as `candle_core::safetensors::load` gives them: each in the
/// dtype that it has.
///
/// # Errors
/// Those of [`wcodec::Model::open`], and of decoding the first tensor that cannot be decoded.
pub fn load(path: impl AsRef<Path>, device: &Device) -> Result<HashMap<String, Tensor>> {
    WcodecBackend::open(path)?.load_all(device)
}
