//! The values of arguments, and how they are read.

use clap::ValueEnum;
use clap::builder::{PathBufValueParser, TypedValueParser};
use std::path::{Path, PathBuf};
use wcodec::container::Limits;
use wcodec::{DeviceChoice, Profile};

/// A limit of a number.
#[derive(Debug, Clone, Copy)]
pub struct Limit {
    pub place: fn(&mut Limits) -> &mut u64,
    pub number: u64,
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

/// A number of threads.
pub fn threads(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(threads) if threads <= MOST_THREADS => Ok(threads),
        _ => Err(format!("it is not a number from 0 to {MOST_THREADS}")),
    }
}

/// A path to read from.
pub fn input() -> impl TypedValueParser<Value = PathBuf> {
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

/// A limit by its name, and a number.
pub fn limit(text: &str) -> Result<Limit, String> {
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
