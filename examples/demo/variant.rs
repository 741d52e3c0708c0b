//! The element types that the checkpoint is converted to, as practice does it.

use crate::checkpoint::{Checkpoint, Tensor};
use crate::quantise;
use half::bf16;
use wcodec::Dtype;

/// A copy of the checkpoint in some element type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Variant {
    F32,
    Bf16,
    Int8PerTensor,
    Int8PerRow,
    F8PerTensor,
    Int4Groups,
}

impl Variant {
    pub const ALL: [Self; 6] = [
        Self::F32,
        Self::Bf16,
        Self::Int8PerTensor,
        Self::Int8PerRow,
        Self::F8PerTensor,
        Self::Int4Groups,
    ];

    /// The name in the table.
    pub const fn label(self) -> &'static str {
        match self {
            Self::F32 => "F32",
            Self::Bf16 => "BF16",
            Self::Int8PerTensor => "INT8 per tensor",
            Self::Int8PerRow => "INT8 per row",
            Self::F8PerTensor => "FP8 E4M3",
            Self::Int4Groups => "INT4 groups of 128",
        }
    }

    /// The suffix of the file's name.
    pub const fn suffix(self) -> &'static str {
        match self {
            Self::F32 => "",
            Self::Bf16 => "-bf16",
            Self::Int8PerTensor => "-int8-tensor",
            Self::Int8PerRow => "-int8-row",
            Self::F8PerTensor => "-fp8",
            Self::Int4Groups => "-int4",
        }
    }

    /// A description of the conversion, for people.
    pub const fn conversion(self) -> &'static str {
        match self {
            Self::F32 => "as it is",
            Self::Bf16 => "all floats, rounded to nearest even",
            Self::Int8PerTensor => "matrices, scale = largest magnitude of the matrix / 127",
            Self::Int8PerRow => "matrices, scale = largest magnitude of the row / 127",
            Self::F8PerTensor => "matrices, scale = largest magnitude of the matrix / 448",
            Self::Int4Groups => {
                "matrices, two weights in a U8, scale = largest magnitude of 128 of a row / 7, as BF16"
            }
        }
    }

    /// The copy; `None` where the checkpoint is one already.
    pub fn derive(self, source: &Checkpoint) -> anyhow::Result<Option<Checkpoint>> {
        if self == Self::F32 {
            return Ok(None);
        }
        let metadata = source.metadata.clone();
        let mut tensors = Vec::with_capacity(source.tensors.len());
        for tensor in &source.tensors {
            match tensor.to_f32() {
                Some(values) => tensors.extend(self.convert(tensor, &values)?),
                None => tensors.push(tensor.clone()),
            }
        }
        Ok(Some(Checkpoint { tensors, metadata }))
    }

    /// The tensors that an F32 tensor becomes: vectors are too small and too delicate for 8 bits.
    fn convert(self, tensor: &Tensor, values: &[f32]) -> anyhow::Result<Vec<Tensor>> {
        let &[_, width] = tensor.shape.as_slice() else {
            return Ok(vec![if self == Self::Bf16 {
                to_bf16(tensor, values)
            } else {
                tensor.clone()
            }]);
        };
        let (row, matrix) = (usize::try_from(width)?, values.len());
        Ok(match self {
            Self::F32 => vec![tensor.clone()],
            Self::Bf16 => vec![to_bf16(tensor, values)],
            Self::Int8PerTensor => with_scale(tensor, Dtype::I8, quantise::int8(values, matrix)),
            Self::Int8PerRow => with_scale(tensor, Dtype::I8, quantise::int8(values, row)),
            Self::F8PerTensor => {
                with_scale(tensor, Dtype::F8_E4M3, quantise::f8_e4m3(values, matrix))
            }
            Self::Int4Groups => packed(tensor, row, values),
        })
    }
}

fn to_bf16(tensor: &Tensor, values: &[f32]) -> Tensor {
    let data = values.iter().flat_map(|&value| bf16::from_f32(value).to_le_bytes()).collect();
    Tensor::new(&tensor.name, Dtype::BF16, &tensor.shape, data)
}

/// The 8-bit matrix, and its scales as a column beside it.
fn with_scale(tensor: &Tensor, dtype: Dtype, (data, scales): (Vec<u8>, Vec<f32>)) -> Vec<Tensor> {
    let name = &tensor.name;
    let scale = Tensor::from_f32(format!("{name}.scale"), &[scales.len() as u64, 1], &scales);
    vec![Tensor::new(name, dtype, &tensor.shape, data), scale]
}

/// The matrix with two weights a byte, and beside it the BF16 scales of each row's groups.
fn packed(tensor: &Tensor, row: usize, values: &[f32]) -> Vec<Tensor> {
    let (data, scales) = quantise::int4_groups(values, row);
    let (name, rows) = (&tensor.name, tensor.shape[0]);
    let columns = |elements: usize| elements as u64 / rows.max(1);
    let shape = [rows, columns(data.len())];
    let scale_shape = [rows, columns(scales.len())];
    let scale = Tensor::from_f32(format!("{name}.scale"), &scale_shape, &scales);
    vec![Tensor::new(name, Dtype::U8, &shape, data), to_bf16(&scale, &scales)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checkpoint() -> Checkpoint {
        let matrix = Tensor::from_f32("m", &[2, 3], &[1.0, 0.5, -0.25, 0.0, 2.0, 4.0]);
        let vector = Tensor::from_f32("v", &[2], &[1.0, -2.0]);
        let ids = Tensor::new("ids", Dtype::I64, &[1, 2], vec![0; 16]);
        Checkpoint { tensors: vec![matrix, vector, ids], metadata: None }
    }

    fn derived(variant: Variant) -> Vec<(String, Dtype, Vec<u64>, usize)> {
        let tensors = variant.derive(&checkpoint()).unwrap().unwrap().tensors;
        let describe = |t: Tensor| (t.name, t.dtype, t.shape, t.data.len());
        tensors.into_iter().map(describe).collect()
    }

    #[test]
    fn bf16_takes_every_float_and_nothing_else() {
        assert!(Variant::F32.derive(&checkpoint()).unwrap().is_none());
        assert_eq!(
            derived(Variant::Bf16),
            [
                ("m".into(), Dtype::BF16, vec![2, 3], 12),
                ("v".into(), Dtype::BF16, vec![2], 4),
                ("ids".into(), Dtype::I64, vec![1, 2], 16),
            ]
        );
    }

    #[test]
    fn four_bits_are_packed_row_by_row() {
        assert_eq!(
            derived(Variant::Int4Groups),
            [
                ("m".into(), Dtype::U8, vec![2, 2], 4),
                ("m.scale".into(), Dtype::BF16, vec![2, 1], 4),
                ("v".into(), Dtype::F32, vec![2], 8),
                ("ids".into(), Dtype::I64, vec![1, 2], 16),
            ]
        );
    }

    #[test]
    fn eight_bits_take_matrices_and_add_scales() {
        for (variant, dtype, scales) in [
            (Variant::Int8PerTensor, Dtype::I8, 1),
            (Variant::Int8PerRow, Dtype::I8, 2),
            (Variant::F8PerTensor, Dtype::F8_E4M3, 1),
        ] {
            assert_eq!(
                derived(variant),
                [
                    ("m".into(), dtype, vec![2, 3], 6),
                    ("m.scale".into(), Dtype::F32, vec![scales, 1], 4 * scales as usize),
                    ("v".into(), Dtype::F32, vec![2], 8),
                    ("ids".into(), Dtype::I64, vec![1, 2], 16),
                ]
            );
        }
    }
}
