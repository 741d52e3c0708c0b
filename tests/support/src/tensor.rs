//! A tensor from a seed.

use super::distribution::Distribution;
use super::element::{code, pack};
use super::random::Random;
use wcodec::{Dtype, TensorView};

/// A tensor that owns its bytes.
#[derive(Clone)]
pub struct Tensor {
    pub dtype: Dtype,
    pub shape: Vec<u64>,
    pub data: Vec<u8>,
}

impl Tensor {
    /// The same tensor for the same arguments. The shape makes whole bytes.
    pub fn new(dtype: Dtype, shape: &[u64], distribution: Distribution, seed: u64) -> Self {
        let count = shape.iter().product::<u64>() as usize;
        let columns = shape.last().map_or(1, |&columns| columns as usize);
        let mut random = Random::new(seed);
        let data = if distribution == Distribution::Uniform {
            random.bytes(count * dtype.bitsize() / 8)
        } else {
            let values = (0..count).map(|at| distribution.value(&mut random, at, columns));
            pack(values.map(|value| code(dtype, value)), dtype.bitsize())
        };
        Self { dtype, shape: shape.to_vec(), data }
    }

    /// A vector of bytes.
    pub fn of_bytes(data: Vec<u8>) -> Self {
        Self { dtype: Dtype::U8, shape: vec![data.len() as u64], data }
    }

    pub fn view(&self) -> TensorView<'_> {
        TensorView::new(self.dtype, &self.shape, &self.data).expect("the shape fits the data")
    }
}
