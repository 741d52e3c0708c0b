//! Options that several commands have.

use super::values::{Limit, input, limit};
use clap::Args;
use std::path::PathBuf;
use wcodec::container::Limits;
use wcodec::convert::Bases;

/// The bases.
#[derive(Debug, Args)]
pub struct BaseArgs {
    /// A safetensors file, archive or folder that tensors are coded against, such as the model before
    /// it was fine-tuned; an archive's own base is to be given as well. May be given several times
    #[arg(long = "base", value_name = "PATH", value_parser = input())]
    pub(super) paths: Vec<PathBuf>,
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
