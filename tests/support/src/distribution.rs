//! The distribution of a tensor's values.

use super::random::Random;

/// A distribution of values over a matrix. Their unit is the one that integers are rounded to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Distribution {
    /// With this deviation.
    Gaussian(f64),
    /// With this scale.
    Laplace(f64),
    Constant,
    /// Rises by one from element to element.
    Ramp,
    TwoValued,
    /// Nine of ten values are 0.
    Sparse,
    /// Every 37th column is 50 times as wide as the others.
    OutlierColumns,
    /// Not of values, but of bits: any element is as likely as any other.
    Uniform,
    /// A quadratic surface without noise.
    Surface,
}

impl Distribution {
    pub const ALL: [Self; 12] = [
        Self::Gaussian(1.0),
        Self::Gaussian(6.0),
        Self::Gaussian(28.0),
        Self::Laplace(2.0),
        Self::Laplace(12.0),
        Self::Constant,
        Self::Ramp,
        Self::TwoValued,
        Self::Sparse,
        Self::OutlierColumns,
        Self::Uniform,
        Self::Surface,
    ];

    /// The value at element `at` of a matrix with rows of `columns`.
    pub fn value(self, random: &mut Random, at: usize, columns: usize) -> f64 {
        let (row, column) = (at / columns, at % columns);
        match self {
            Self::Gaussian(sigma) => sigma * random.gaussian(),
            Self::Laplace(scale) => scale * random.laplace(),
            Self::Constant => 7.0,
            Self::Ramp => (at % 256) as f64 - 128.0,
            Self::TwoValued => [-3.0, 90.0][(random.next_u64() >> 63) as usize],
            Self::Sparse if random.below(10) > 0 => 0.0,
            Self::Sparse => 20.0 * random.gaussian(),
            Self::OutlierColumns if column % 37 == 5 => 100.0 * random.gaussian(),
            Self::OutlierColumns => 2.0 * random.gaussian(),
            Self::Uniform => 256.0 * random.unit() - 128.0,
            Self::Surface => {
                let (u, v) = (column as f64 / columns as f64, row as f64 / 64.0);
                100.0 * (u * u - v * (1.0 - u)) + 3.0
            }
        }
    }
}
