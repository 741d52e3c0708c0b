//! The arguments.

use crate::entropy::EntropyArgs;
use clap::builder::{PathBufValueParser, TypedValueParser};
use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use std::path::{Path, PathBuf};
use wcodec::container::Limits;
use wcodec::convert::Bases;
use wcodec::{DeviceChoice, Profile};
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

/// The bases.
#[derive(Debug, Args)]
pub struct BaseArgs {
    /// A safetensors file, archive or folder that tensors are coded against, such as the model before
    /// it was fine-tuned; an archive's own base is to be given as well. May be given several times
    #[arg(long = "base", value_name = "PATH", value_parser = input())]
    paths: Vec<PathBuf>,
}

impl BaseArgs {
    /// Opens them; `None` where none is given.
    pub fn open(&self, limits: Limits) -> wcodec::Result<Option<Bases>> {
        if self.paths.is_empty() { Ok(None) } else { Bases::open(&self.paths, limits).map(Some) }
    }
}

/// The limits of archives.
#[derive(Debug, Args)]
pub struct LimitArgs {
    /// A limit of archives in place of its default: header_bytes, tensors, name_bytes, dimensions,
    /// json_depth, tensor_bytes or bases (see SECURITY.md); may be given several times
    #[arg(long = "limit", value_name = "NAME=NUMBER", value_parser = limit)]
    changed: Vec<Limit>,
}

/// A limit of a number.
#[derive(Debug, Clone, Copy)]
struct Limit {
    place: fn(&mut Limits) -> &mut u64,
    number: u64,
}

impl LimitArgs {
    /// The defaults, with the given limits in place of theirs.
    pub fn get(&self) -> Limits {
        let mut limits = Limits::default();
        for limit in &self.changed {
            *(limit.place)(&mut limits) = limit.number;
        }
        limits
    }
}

/// The inputs, the outputs, and the treatment of existing files.
#[derive(Debug, Args)]
pub struct Files {
    /// The files or folders to read
    #[arg(value_name = "IN", required = true, value_parser = input())]
    pub inputs: Vec<PathBuf>,
    /// The file or folder to write, of one IN [default: beside IN, model.safetensors <->
    /// model.wcodec, ae.sft <-> ae.sft.wcodec, DIR <-> DIR.wcodec]
    #[arg(short, long, value_name = "OUT")]
    pub output: Option<PathBuf>,
    /// The folder to write to, under the names of -o's default; it is made where there is none
    #[arg(long, value_name = "DIR", conflicts_with = "output")]
    pub output_dir: Option<PathBuf>,
    /// Replace OUT where it exists
    #[arg(short, long)]
    pub force: bool,
    /// Keep IN; the default
    #[arg(short, long, overrides_with = "remove")]
    pub keep: bool,
    /// Remove the files of IN that were compressed, decompressed or copied, when all is done and
    /// unless they were changed meanwhile
    #[arg(long = "rm", overrides_with = "keep")]
    pub remove: bool,
}

/// The names of the profiles.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub enum ProfileName {
    /// The smallest
    Ratio,
    /// The fastest to decode within 1.25 % of the smallest, as far as a sample tells
    #[default]
    Balanced,
    /// The fastest to decode within 3 % of the smallest, as far as a sample tells
    Fast,
}

impl From<ProfileName> for Profile {
    fn from(name: ProfileName) -> Self {
        match name {
            ProfileName::Ratio => Profile::Ratio,
            ProfileName::Balanced => Profile::Balanced,
            ProfileName::Fast => Profile::Fast,
        }
    }
}

/// More would be of no use on any machine, and take long to start.
const MOST_THREADS: usize = 1024;

fn threads(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(threads) if threads <= MOST_THREADS => Ok(threads),
        _ => Err(format!("it is not a number from 0 to {MOST_THREADS}")),
    }
}

/// A path to read from.
fn input() -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().try_map(|path| match path == Path::new("-") {
        true => {
            Err("- cannot be the input: files are read at positions, which a pipe does not have; \
                     write it to a file first (one that is called - is ./-)")
        }
        false => Ok(path),
    })
}

/// The device that a text names: auto, cpu, cuda or cuda:N.
///
/// # Errors
/// A message, where it names none.
pub fn device(text: &str) -> Result<DeviceChoice, String> {
    let unknown = || format!("{text:?} is none of auto, cpu, cuda and cuda:N");
    match text {
        "auto" => Ok(DeviceChoice::Auto),
        "cpu" => Ok(DeviceChoice::Cpu),
        "cuda" => Ok(DeviceChoice::Cuda(0)),
        _ => {
            let ordinal = text.strip_prefix("cuda:").ok_or_else(unknown)?;
            ordinal.parse().map(DeviceChoice::Cuda).map_err(|_| unknown())
        }
    }
}

fn limit(text: &str) -> Result<Limit, String> {
    let (name, number) = text.split_once('=').ok_or("there is no = in it")?;
    let place: fn(&mut Limits) -> &mut u64 = match name {
        "header_bytes" => |limits| &mut limits.header_bytes,
        "tensors" => |limits| &mut limits.tensors,
        "name_bytes" => |limits| &mut limits.name_bytes,
        "dimensions" => |limits| &mut limits.dimensions,
        "json_depth" => |limits| &mut limits.json_depth,
        "tensor_bytes" => |limits| &mut limits.tensor_bytes,
        "bases" => |limits| &mut limits.bases,
        _ => return Err(format!("there is no limit {name:?}")),
    };
    let number = number.parse().map_err(|_| format!("{number:?} is not a number"))?;
    Ok(Limit { place, number })
}
