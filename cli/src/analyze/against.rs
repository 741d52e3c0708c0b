//! The sizes of tensors against those of bases, which add up over tensors.

use serde::Serialize;
use wcodec::convert::Bases;
use wcodec::programs::analyze::{AgainstBase, measure_against};
use wcodec::{Decoder, Encoder, Result, TensorView};

/// The bases that tensors are measured against, and what decodes those that are compressed.
pub struct Against<'a> {
    pub bases: &'a Bases,
    pub decoder: Decoder,
}

impl Against<'_> {
    /// The sizes of a tensor that takes `alone` bytes.
    ///
    /// # Errors
    /// As [`measure_against`].
    pub fn measure(
        &self,
        name: &str,
        tensor: &TensorView<'_>,
        encoder: &Encoder,
        alone: u64,
    ) -> Result<Measured> {
        let found = measure_against(self.bases, name, tensor, encoder, &self.decoder)?;
        Ok(Measured { alone, found })
    }
}

/// A tensor alone, and against one of a base if there is one like it.
pub struct Measured {
    alone: u64,
    found: Option<AgainstBase>,
}

impl Measured {
    /// Bytes of its blob in an archive, which has the smaller.
    pub fn stored(&self) -> u64 {
        self.found.as_ref().map_or(self.alone, |found| found.delta_bytes.min(self.alone))
    }

    /// Its sizes; it has so many weights, and alone this entropy.
    pub fn sizes(&self, weights: u64, limit_alone: f64) -> BaseSizes {
        let found = self.found.as_ref();
        BaseSizes {
            matched: found.map_or(0, |_| weights),
            alone: 8.0 * self.alone as f64,
            against: 8.0 * found.map_or(self.alone, |found| found.delta_bytes) as f64,
            limit: found.map_or(limit_alone, |found| found.limit_bits),
        }
    }
}

/// Bits of whole tensors alone and against those of bases, all included.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct BaseSizes {
    /// Weights of the tensors that a base has, or others like them.
    pub matched: u64,
    pub alone: f64,
    /// Against the tensor of a base that is likest; alone where there is none.
    pub against: f64,
    /// The order-0 entropy of the differences; of the tensor alone where none is like it.
    pub limit: f64,
}

impl BaseSizes {
    /// The sizes in bits, always in the same order.
    pub fn bits(&self) -> [f64; 3] {
        [self.alone, self.against, self.limit]
    }

    /// The same, to be changed.
    pub fn bits_mut(&mut self) -> [&mut f64; 3] {
        [&mut self.alone, &mut self.against, &mut self.limit]
    }

    /// Both together.
    pub fn add(&mut self, other: &Self) {
        self.matched += other.matched;
        self.bits_mut().into_iter().zip(other.bits()).for_each(|(sum, more)| *sum += more);
    }

    /// Bits a weight, as JSON has them.
    pub fn per_weight(&self, each: impl Fn(f64) -> f64) -> PerWeight {
        let [alone, against, limit] = self.bits().map(each);
        PerWeight { alone, against, limit }
    }
}

/// Bits a weight, as JSON has them.
#[derive(Serialize)]
pub struct PerWeight {
    alone: f64,
    against: f64,
    limit: f64,
}
