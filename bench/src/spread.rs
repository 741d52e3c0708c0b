//! Many runs of the same in three numbers.

use serde::Serialize;

/// The median, minimum and maximum of some runs.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Spread {
    /// The lower one of the middle two where their number is even.
    pub median: f64,
    /// The smallest.
    pub min: f64,
    /// The largest.
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

/// The rate at which a decoder's traffic equals that of a copy, which moves `copy`: it reads
/// compressed bytes and writes decoded ones, where a copy reads and writes as many.
pub fn roofline(copy: f64, ratio: f64) -> f64 {
    copy / (1.0 + 1.0 / ratio)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spreads_are_in_order() {
        let Spread { median, min, max } = Spread::of(vec![3.0, 1.0, 2.0, 9.0]);
        assert_eq!([min, median, max], [1.0, 2.0, 9.0]);
        assert_eq!(rates(3_000_000_000, &[1.0, 1.5]).max, 3.0);
    }

    #[test]
    fn what_is_not_smaller_decodes_as_fast_as_it_is_copied() {
        // A copy that moves 4 writes 2.
        assert_eq!(roofline(4.0, 1.0), 2.0);
        assert_eq!(roofline(3.0, 2.0), 2.0);
    }
}
