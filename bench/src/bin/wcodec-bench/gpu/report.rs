//! The measurements.

use serde::Serialize;
use wcodec_bench::spread::Spread;

/// A part of the benchmark, which can be run alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// Every data set, in large batches
    Table,
    /// One tensor of 16 MiB alone
    Single,
    /// 200 tensors of a 7B model in one call
    Batch,
    /// Each predictor, beside none
    Predictors,
    /// tANS beside rANS
    Coders,
    /// One tensor of 4 KiB to 1 GiB
    Sizes,
    /// A step of training and a fine-tuned model, against references on the device
    Delta,
}

impl Part {
    /// All parts, in the order they are run in.
    pub const ALL: [Self; 7] = [
        Self::Table,
        Self::Single,
        Self::Batch,
        Self::Predictors,
        Self::Coders,
        Self::Sizes,
        Self::Delta,
    ];
}

/// A run of the benchmark.
#[derive(Debug, Serialize)]
pub struct Report {
    pub version: &'static str,
    pub device: String,
    pub runs: usize,
    /// Bytes that were copied to tell the copy bandwidth.
    pub copied_bytes: u64,
    /// Bytes read and written a second by a copy on the device.
    pub copy: Spread,
    pub rows: Vec<Row>,
}

/// One measurement. Rates are GB (10^9 decoded bytes) a second.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    pub part: Part,
    pub name: String,
    pub dtype: String,
    /// The codecs of the tensors, each once.
    pub codecs: String,
    pub tensors: usize,
    pub tiles: u64,
    pub decoded_bytes: u64,
    pub compressed_bytes: u64,
    pub ratio: f64,
    /// The ratio that the order-0 entropy allows.
    pub limit: f64,
    pub rate: Spread,
    /// The rate at which compressed bytes read and decoded bytes written would be as many as those
    /// of a copy.
    pub roofline: f64,
    /// The median rate as a part of the roofline.
    pub share_of_copy: f64,
    pub target: Target,
    pub met: Met,
}

/// The goal of a measurement; `None` where there is none.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Target {
    pub ratio: Option<f64>,
    /// GB/s of the best run.
    pub rate: Option<f64>,
    pub share_of_copy: Option<f64>,
}

impl Target {
    /// A ratio, and the best rate in GB/s.
    pub const fn ratio_and_rate(ratio: f64, rate: f64) -> Self {
        Self { ratio: Some(ratio), rate: Some(rate), share_of_copy: None }
    }

    /// A best rate in GB/s.
    pub const fn rate(rate: f64) -> Self {
        Self { ratio: None, rate: Some(rate), share_of_copy: None }
    }

    /// The part of the goal that a measurement reached.
    pub fn met(&self, ratio: f64, best: f64, share_of_copy: f64) -> Met {
        let rate = self.rate.map(|target| best >= target);
        let share = self.share_of_copy.map(|target| share_of_copy >= target);
        Met { ratio: self.ratio.map(|target| ratio >= target), speed: rate.or(share) }
    }
}

/// True if targets were reached; `None` where there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Met {
    pub ratio: Option<bool>,
    pub speed: Option<bool>,
}

#[cfg(test)]
impl Row {
    /// A row with made-up figures, for tests.
    pub fn example(part: Part, name: &str, decoded_bytes: u64) -> Self {
        let target = Target::ratio_and_rate(1.155, 1900.0);
        Self {
            part,
            name: name.into(),
            dtype: "I8".into(),
            codecs: "TansNib".into(),
            tensors: 8,
            tiles: 8192,
            decoded_bytes,
            compressed_bytes: decoded_bytes * 6 / 7,
            ratio: 1.1567,
            limit: 1.1669,
            rate: Spread { median: 1890.0, min: 1880.0, max: 1912.0 },
            roofline: 2224.0,
            share_of_copy: 0.8498,
            target,
            met: target.met(1.1567, 1912.0, 0.8498),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_met_from_its_value_on() {
        let target = Target::ratio_and_rate(1.155, 1900.0);
        let met = |ratio, speed| Met { ratio: Some(ratio), speed: Some(speed) };
        assert_eq!(target.met(1.155, 1900.0, 0.0), met(true, true));
        assert_eq!(target.met(1.1549, 1899.0, 1.0), met(false, false));
        let share = Target { ratio: None, rate: None, share_of_copy: Some(0.85) };
        assert_eq!(share.met(1.0, 0.0, 0.85), Met { ratio: None, speed: Some(true) });
        assert_eq!(Target::default().met(9.0, 9.0, 9.0), Met { ratio: None, speed: None });
    }
}
