//! A model of wcodec as what candle takes weights from.

use crate::load::load_all;
use crate::tensor::{cast, decode, extents};
use candle_core::{DType, Device, Error, Result, Shape, Tensor};
use candle_nn::var_builder::SimpleBackend;
use candle_nn::{Init, VarBuilder};
use std::collections::HashMap;
use std::path::Path;
use wcodec::{Decoder, DeviceChoice, Model, ModelTensor};

/// A model, and what decodes it.
#[derive(Debug)]
pub struct WcodecBackend {
    model: Model,
    decoder: Decoder,
}

impl WcodecBackend {
    /// Opens a folder of shards, or one file, to be decoded on the CPU.
    ///
    /// # Errors
    /// Those of [`Model::open`] and [`Decoder::open`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let model = Model::open(path).map_err(Error::wrap)?;
        Ok(Self::new(model, Decoder::open(DeviceChoice::Cpu).map_err(Error::wrap)?))
    }

    /// An open model, decoded by this decoder.
    pub fn new(model: Model, decoder: Decoder) -> Self {
        Self { model, decoder }
    }

    /// The model.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// A [`VarBuilder`] that casts tensors to `dtype`.
    pub fn into_var_builder(self, dtype: DType, device: &Device) -> VarBuilder<'static> {
        VarBuilder::from_backend(Box::new(self), dtype, device.clone())
    }

    /// All tensors by their names, each in the dtype that it has. On the CPU two are loaded at once,
    /// so that reading one and decoding another overlap.
    ///
    /// # Errors
    /// That of a tensor that cannot be decoded.
    pub fn load_all(&self, device: &Device) -> Result<HashMap<String, Tensor>> {
        load_all(&self.model, &self.decoder, device)
    }

    fn find(&self, name: &str) -> Result<ModelTensor<'_>> {
        let absent = |_| Error::CannotFindTensor { path: name.to_owned() }.bt();
        self.model.tensor(name).map_err(absent)
    }
}

impl SimpleBackend for WcodecBackend {
    fn get(
        &self,
        shape: Shape,
        name: &str,
        _: Init,
        dtype: DType,
        device: &Device,
    ) -> Result<Tensor> {
        let tensor = self.find(name)?;
        // Before it is decoded, which would be in vain.
        let found = extents(&tensor)?;
        if found != shape.dims() {
            let msg = format!("shape mismatch for {name}");
            return Err(Error::UnexpectedShape { msg, expected: shape, got: found.into() }.bt());
        }
        cast(&decode(&tensor, &self.decoder, device)?, dtype)
    }

    fn get_unchecked(&self, name: &str, dtype: DType, device: &Device) -> Result<Tensor> {
        cast(&decode(&self.find(name)?, &self.decoder, device)?, dtype)
    }

    fn contains_tensor(&self, name: &str) -> bool {
        self.model.contains(name)
    }
}
