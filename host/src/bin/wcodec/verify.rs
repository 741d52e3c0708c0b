//! `wcodec verify`.

use crate::args::VerifyArgs;
use crate::console::{self, Console};
use std::time::Instant;
use wcodec::Decoder;
use wcodec::convert::{verify_file, verify_folder};

/// Checks a file, or every archive in a folder.
pub fn run(args: &VerifyArgs, console: &Console) -> anyhow::Result<()> {
    let decoder = Decoder::open(args.device)?;
    let start = Instant::now();
    let verify = if args.input.is_dir() { verify_folder } else { verify_file };
    let summary = verify(&args.input, &decoder, &args.limits.get(), console.bar())?;
    console.summary(&format!(
        "{}: whole, {} tensors, {}, decoded on {}",
        args.input.display(),
        summary.tensors,
        console::sizes(&summary, start.elapsed(), false),
        console::device(decoder.device())
    ));
    Ok(())
}
