//! Tensors that some rows do not tell all about.

use support::{Random, Tensor, code, pack};
use wcodec::Dtype;

pub const DTYPES: [Dtype; 5] = [Dtype::BF16, Dtype::F16, Dtype::F32, Dtype::F8_E4M3, Dtype::I8];

/// A distribution of values over a matrix.
#[derive(Debug, Clone, Copy)]
pub enum Hard {
    /// The same everywhere.
    Even,
    /// The first eighth of every 256 rows is narrow, the rest wide.
    NarrowFirst,
    /// Rows become wider all the time.
    Widening,
    /// Each row has a deviation of its own.
    RowScales,
    /// Each column has a mean of its own, far from 0.
    ColumnMeans,
    /// Nearly all values are positive, and most are large.
    OneSign,
    /// Three of four values are 0.
    Pruned,
    /// Every second row is 0.
    EmptyRows,
    /// One row of 97 is noise.
    NoisyRows,
    /// One block of 64 rows in 16 is noise.
    NoisyBlock,
    /// Neighbours are alike.
    Smooth,
    /// A few values, one far more often than the others.
    FewValues,
    /// Narrow and wide values one beside the other.
    Mixture,
}

impl Hard {
    pub const ALL: [Self; 13] = [
        Self::Even,
        Self::NarrowFirst,
        Self::Widening,
        Self::RowScales,
        Self::ColumnMeans,
        Self::OneSign,
        Self::Pruned,
        Self::EmptyRows,
        Self::NoisyRows,
        Self::NoisyBlock,
        Self::Smooth,
        Self::FewValues,
        Self::Mixture,
    ];

    /// A matrix of it.
    pub fn tensor(self, dtype: Dtype, rows: usize, columns: usize) -> Tensor {
        let mut random = Random::new(self as u64 + 1);
        let values = (0..rows * columns).map(|at| {
            let noise = self.is_noise(at / columns);
            if noise { 256.0 * random.unit() - 128.0 } else { self.value(&mut random, at, columns) }
        });
        let data = pack(values.map(|value| code(dtype, value)), dtype.bitsize());
        Tensor { dtype, shape: vec![rows as u64, columns as u64], data }
    }

    fn is_noise(self, row: usize) -> bool {
        match self {
            Self::NoisyRows => row % 97 == 50,
            Self::NoisyBlock => row / 64 % 16 == 5,
            _ => false,
        }
    }

    fn value(self, random: &mut Random, at: usize, columns: usize) -> f64 {
        let (row, column) = (at / columns, at % columns);
        let power = |number: usize, of: usize| 2f64.powi((number * 7 % of) as i32);
        match self {
            Self::Even | Self::NoisyRows | Self::NoisyBlock => 6.0 * random.gaussian(),
            Self::NarrowFirst if row % 256 < 32 => 0.5 * random.gaussian(),
            Self::NarrowFirst => 28.0 * random.gaussian(),
            Self::Widening => (1.0 + row as f64 / 48.0) * random.gaussian(),
            Self::RowScales => power(row, 6) * random.gaussian(),
            Self::ColumnMeans => 3.0 * power(column, 6) + random.gaussian(),
            Self::OneSign => 40.0 + 12.0 * random.gaussian(),
            Self::Pruned if random.below(4) > 0 => 0.0,
            Self::Pruned => 20.0 * random.gaussian(),
            Self::EmptyRows if row % 2 == 0 => 0.0,
            Self::EmptyRows => 6.0 * random.gaussian(),
            Self::Smooth => 50.0 * (column as f64 / 90.0).fract() + 0.5 * random.gaussian(),
            Self::FewValues => [3.0, 3.0, 3.0, -7.0, 60.0, 61.0][random.below(6) as usize],
            Self::Mixture if random.below(8) > 0 => 1.5 * random.gaussian(),
            Self::Mixture => 40.0 * random.gaussian(),
        }
    }
}
