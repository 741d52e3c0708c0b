//! From a tensor of wcodec to one of candle.

use candle_core::{DType, Device, Error, Result, Tensor};
use half::{bf16, f16};
use wcodec::{Decoder, Dtype, ModelTensor};

/// The extents, in candle's integers.
pub fn extents(tensor: &ModelTensor<'_>) -> Result<Vec<usize>> {
    let extent = |extent| usize::try_from(extent).map_err(Error::wrap);
    tensor.shape().iter().map(extent).collect()
}

/// Decodes a tensor, in the dtype that candle reads it as from safetensors.
pub fn decode(tensor: &ModelTensor<'_>, decoder: &Decoder, device: &Device) -> Result<Tensor> {
    let elements = Elements { tensor, decoder, device, shape: extents(tensor)? };
    match tensor.dtype() {
        Dtype::U8 => elements.of::<u8>(),
        Dtype::U16 => {
            let values: Vec<u16> = tensor.decode_vec(.., decoder).map_err(Error::wrap)?;
            let values: Vec<u32> = values.into_iter().map(u32::from).collect();
            Tensor::from_vec(values, elements.shape, device)
        }
        Dtype::U32 => elements.of::<u32>(),
        Dtype::I16 => elements.of::<i16>(),
        Dtype::I32 => elements.of::<i32>(),
        Dtype::I64 => elements.of::<i64>(),
        Dtype::BF16 => elements.of::<bf16>(),
        Dtype::F16 => elements.of::<f16>(),
        Dtype::F32 => elements.of::<f32>(),
        Dtype::F64 => elements.of::<f64>(),
        Dtype::F8_E4M3 => elements.of_bytes(DType::F8E4M3),
        Dtype::F8_E8M0 => elements.of_bytes(DType::F8E8M0),
        Dtype::F6_E2M3 => elements.of_bytes(DType::F6E2M3),
        Dtype::F6_E3M2 => elements.of_bytes(DType::F6E3M2),
        Dtype::F4 => elements.of_bytes(DType::F4),
        dtype => {
            let name = tensor.name();
            Err(Error::msg(format!("tensor {name:?} has dtype {dtype}, which candle lacks")))
        }
    }
}

/// Casts a tensor to another dtype.
pub fn cast(tensor: &Tensor, dtype: DType) -> Result<Tensor> {
    match (tensor.dtype(), dtype) {
        // candle's own cast calls itself without an end (seen in 0.9.2 and 0.11.1). By way of F32 the
        // values are the same, as that has all of F8E4M3.
        (DType::F8E4M3, DType::F64) => tensor.to_dtype(DType::F32)?.to_dtype(DType::F64),
        _ => tensor.to_dtype(dtype),
    }
}

struct Elements<'a> {
    tensor: &'a ModelTensor<'a>,
    decoder: &'a Decoder,
    device: &'a Device,
    shape: Vec<usize>,
}

impl Elements<'_> {
    /// Decodes right to the memory that the tensor keeps.
    fn of<T: candle_core::WithDType + bytemuck::Pod>(self) -> Result<Tensor> {
        let values: Vec<T> = self.tensor.decode_vec(.., self.decoder).map_err(Error::wrap)?;
        Tensor::from_vec(values, self.shape, self.device)
    }

    fn of_bytes(self, dtype: DType) -> Result<Tensor> {
        let bytes = self.tensor.decode(.., self.decoder).map_err(Error::wrap)?;
        Tensor::from_raw_buffer(&bytes, dtype, &self.shape, self.device)
    }
}
