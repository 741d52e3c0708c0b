//! What is printed: one line a measurement.

use serde::Serialize;

/// The median, minimum and maximum of some runs.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Spread {
    pub median: f64,
    pub min: f64,
    pub max: f64,
}

impl Spread {
    /// The spread of at least one value.
    pub fn of(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        let last = values.len() - 1;
        Self { median: values[last / 2], min: values[0], max: values[last] }
    }
}

/// Decimal GB/s of `bytes` in each of `seconds`.
pub fn rates(bytes: u64, seconds: &[f64]) -> Spread {
    Spread::of(seconds.iter().map(|seconds| bytes as f64 / seconds / 1e9).collect())
}
