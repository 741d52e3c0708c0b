//! The arguments.

mod options;
mod values;

pub use options::{BaseArgs, Files, LimitArgs};
pub use values::{ProfileName, device};

use crate::entropy::EntropyArgs;
use clap::{ArgAction, Args, Parser, Subcommand};
use std::path::PathBuf;
use values::{input, threads};
use wcodec::DeviceChoice;
use wcodec::container::Limits;
use wcodec::convert::Bases;
use wcodec_bench as bench;

/// Lossless compression for the weights of large language models.
#[derive(Debug, Parser)]
#[command(name = "wcodec", version, max_term_width = 100)]
#[command(after_help = "Exit status: 0 done, 1 the data is bad, 2 it could not be done.")]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
    #[command(flatten)]
    pub common: Common,
}

/// The options of every command.
#[derive(Debug, Args)]
pub struct Common {
    /// Say nothing but errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Say more; twice for every tensor
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub verbose: u8,
    /// Threads, at most 1024; 0 for as many as there are cores
    #[arg(short = 'T', long, global = true, value_name = "N", default_value_t = 0)]
    #[arg(value_parser = threads)]
    pub threads: usize,
}

/// The command.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Compress safetensors files, or Hugging Face model folders
    Compress(CompressArgs),
    /// Restore compressed files and folders, to the byte
    Decompress(DecompressArgs),
    /// Code a .wcodec file against other bases, or alone: a chain of bases becomes shorter
    Rebase(RebaseArgs),
    /// Check that a .wcodec file, or all of a compressed folder, is whole and decodes to the
    /// original bytes
    Verify(VerifyArgs),
    /// Show how each tensor of a .wcodec file, or of every one in a folder, is compressed
    Inspect(InspectArgs),
    /// Say what prediction, clustering and each codec would save on a checkpoint, and how far the
    /// archive is from the limit
    Analyze(AnalyzeArgs),
    /// Say which GPU was found, or why none
    Gpu,
    /// Measure ratio, encoding and decoding on every device, beside zstd, lz4 and snappy
    Bench(bench::Options),
}

/// Arguments of `compress`.
#[derive(Debug, Args)]
pub struct CompressArgs {
    #[command(flatten)]
    pub files: Files,
    /// Smaller, or faster to decode
    #[arg(long, value_enum, default_value_t)]
    pub profile: ProfileName,
    #[command(flatten)]
    pub entropy: EntropyArgs,
    /// Device to decode on for the check: auto, cpu, cuda or cuda:N
    #[arg(long, value_name = "DEVICE", default_value = "auto", value_parser = device)]
    pub device: DeviceChoice,
    /// Carry a file that is no sound safetensors file as it is, in place of refusing it; in a folder
    /// such files are always copied
    #[arg(long)]
    pub as_is: bool,
    #[command(flatten)]
    pub bases: BaseArgs,
    /// Do not decode the output and compare it with the source
    #[arg(long, conflicts_with = "device")]
    pub no_verify: bool,
}

/// Arguments of `decompress`.
#[derive(Debug, Args)]
pub struct DecompressArgs {
    #[command(flatten)]
    pub files: Files,
    #[command(flatten)]
    pub bases: BaseArgs,
    /// Device to decode on: auto, cpu, cuda or cuda:N
    #[arg(long, value_name = "DEVICE", default_value = "auto", value_parser = device)]
    pub device: DeviceChoice,
    #[command(flatten)]
    pub limits: LimitArgs,
}

/// Arguments of `rebase`.
#[derive(Debug, Args)]
pub struct RebaseArgs {
    /// The .wcodec file
    #[arg(value_name = "IN", value_parser = input())]
    pub input: PathBuf,
    /// The .wcodec file to write
    #[arg(short, long, value_name = "OUT")]
    pub output: PathBuf,
    #[command(flatten)]
    pub bases: BaseArgs,
    /// A base of OUT, as --base is of IN; may be given several times [default: none, OUT decodes alone]
    #[arg(long = "onto", value_name = "PATH", value_parser = input())]
    onto: Vec<PathBuf>,
    /// Replace OUT where it exists
    #[arg(short, long)]
    pub force: bool,
    /// Smaller, or faster to decode
    #[arg(long, value_enum, default_value_t)]
    pub profile: ProfileName,
    #[command(flatten)]
    pub entropy: EntropyArgs,
    /// Device to decode on: auto, cpu, cuda or cuda:N
    #[arg(long, value_name = "DEVICE", default_value = "auto", value_parser = device)]
    pub device: DeviceChoice,
    #[command(flatten)]
    pub limits: LimitArgs,
}

impl RebaseArgs {
    /// Opens the bases of the output; `None` where none is given.
    pub fn onto(&self, limits: Limits) -> wcodec::Result<Option<Bases>> {
        BaseArgs { paths: self.onto.clone() }.open(limits)
    }
}

/// Arguments of `verify`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// The .wcodec files or folders
    #[arg(value_name = "IN", required = true, value_parser = input())]
    pub inputs: Vec<PathBuf>,
    #[command(flatten)]
    pub bases: BaseArgs,
    /// Device to decode on: auto, cpu, cuda or cuda:N
    #[arg(long, value_name = "DEVICE", default_value = "auto", value_parser = device)]
    pub device: DeviceChoice,
    #[command(flatten)]
    pub limits: LimitArgs,
}

/// Arguments of `inspect`.
#[derive(Debug, Args)]
pub struct InspectArgs {
    /// The .wcodec files or folders
    #[arg(value_name = "IN", required = true, value_parser = input())]
    pub inputs: Vec<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// Leave out the limit that the data's entropy sets to the ratio, which takes decoding every
    /// tensor
    #[arg(long, conflicts_with = "device")]
    pub no_entropy: bool,
    /// Device to decode on: auto, cpu, cuda or cuda:N
    #[arg(long, value_name = "DEVICE", default_value = "auto", value_parser = device)]
    pub device: DeviceChoice,
    #[command(flatten)]
    pub limits: LimitArgs,
}

/// Arguments of `analyze`.
#[derive(Debug, Args)]
pub struct AnalyzeArgs {
    /// The safetensors or .wcodec file, or a folder with some
    #[arg(value_name = "IN", value_parser = input())]
    pub input: PathBuf,
    /// A line for each tensor, not each kind of tensor
    #[arg(long)]
    pub tensors: bool,
    /// Print JSON: the whole, every kind and every tensor
    #[arg(long)]
    pub json: bool,
    /// Draw the report as SVG
    #[arg(long, value_name = "DIR")]
    pub plot: Option<PathBuf>,
    #[command(flatten)]
    pub bases: BaseArgs,
    /// Profile that safetensors would be compressed with
    #[arg(long, value_enum, default_value_t)]
    pub profile: ProfileName,
    #[command(flatten)]
    pub entropy: EntropyArgs,
    /// Device to decode .wcodec files on: auto, cpu, cuda or cuda:N
    #[arg(long, value_name = "DEVICE", default_value = "auto", value_parser = device)]
    pub device: DeviceChoice,
    #[command(flatten)]
    pub limits: LimitArgs,
}
