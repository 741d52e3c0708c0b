//! Options of the benchmark.

use super::data::SETS;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};
use std::path::PathBuf;
use wcodec::Profile;
use wcodec::encode::PlaneCodec;

/// Arguments of the benchmark.
#[derive(Debug, Args)]
pub struct Options {
    /// The safetensors file to measure on; without one, the synthetic sets
    #[arg(value_name = "FILE", conflicts_with_all = ["sets", "megabytes"])]
    pub file: Option<PathBuf>,
    /// Synthetic sets, separated by commas [default: all]
    #[arg(long = "set", value_name = "NAME", value_delimiter = ',', value_parser = set_names())]
    pub sets: Vec<String>,
    /// Decoded MB (10^6 bytes) of each set; with several, separated by commas, speed is drawn
    /// against size
    #[arg(long, value_name = "MB", value_delimiter = ',', default_value = "64")]
    pub megabytes: Vec<usize>,
    /// Devices that wcodec decodes on, separated by commas
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [Place::Cpu, Place::Cuda])]
    pub devices: Vec<Place>,
    /// Contenders, separated by commas [default: all]
    #[arg(long, value_enum, value_delimiter = ',')]
    pub contenders: Vec<Contender>,
    /// Profiles of wcodec, separated by commas
    #[arg(long, value_delimiter = ',', default_value = "balanced", value_parser = profiles())]
    pub profiles: Vec<Profile>,
    /// Plane codecs of wcodec to force, each as one more contender; separated by commas
    #[arg(long, value_delimiter = ',', value_parser = codecs())]
    pub codecs: Vec<PlaneCodec>,
    /// The most timed runs of each measurement
    #[arg(long, default_value_t = 10)]
    pub runs: usize,
    /// Seconds after which a measurement ends before it has all its runs; it has at least one
    #[arg(long, default_value_t = 5.0)]
    pub seconds: f64,
    /// Write the measurements as JSON
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Draw the measurements as SVG
    #[arg(long, value_name = "DIR")]
    pub plot: Option<PathBuf>,
}

/// A device that wcodec decodes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Place {
    /// The CPU, with each warp that it has
    Cpu,
    /// The first NVIDIA GPU
    Cuda,
}

/// A contender.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Contender {
    Wcodec,
    #[value(name = "zstd-1")]
    Zstd1,
    #[value(name = "zstd-3")]
    Zstd3,
    #[value(name = "zstd-19")]
    Zstd19,
    Lz4,
    Snappy,
}

impl Options {
    /// Returns whether `contender` takes part.
    pub fn has(&self, contender: Contender) -> bool {
        self.contenders.is_empty() || self.contenders.contains(&contender)
    }
}

fn set_names() -> PossibleValuesParser {
    PossibleValuesParser::new(SETS.iter().map(|set| set.name))
}

fn profiles() -> impl TypedValueParser<Value = Profile> {
    by_name(vec![Profile::Ratio, Profile::Balanced, Profile::Fast])
}

/// Every codec that can be forced: a tensor's data decide whether it is constant.
fn codecs() -> impl TypedValueParser<Value = PlaneCodec> {
    by_name(PlaneCodec::ALL.into_iter().filter(|codec| *codec != PlaneCodec::Const).collect())
}

/// Takes each of these values by its name, and tells all names in the help and in errors.
fn by_name<T>(values: Vec<T>) -> impl TypedValueParser<Value = T>
where
    T: std::fmt::Debug + Clone + Send + Sync + 'static,
{
    PossibleValuesParser::new(values.iter().map(|value| lower(value)).collect::<Vec<_>>()).try_map(
        move |name| {
            let value = values.iter().find(|value| lower(value) == name);
            value.cloned().ok_or("no such name")
        },
    )
}

fn lower(name: &dyn std::fmt::Debug) -> String {
    format!("{name:?}").to_lowercase()
}
