//! `wcodec verify`.

use crate::args::VerifyArgs;
use crate::console::{self, Console};
use crate::jobs;
use std::path::Path;
use std::time::Instant;
use wcodec::Decoder;
use wcodec::container::Limits;
use wcodec::convert::{MANIFEST, verify_file, verify_folder};

/// Checks files and folders.
pub fn run(args: &VerifyArgs, console: &Console) -> anyhow::Result<()> {
    let decoder = Decoder::open(args.device)?;
    let limits = args.limits.get();
    jobs::each(&args.inputs, console, |input| verify(input, &decoder, &limits, console))
}

fn verify(
    input: &Path,
    decoder: &Decoder,
    limits: &Limits,
    console: &Console,
) -> anyhow::Result<()> {
    let start = Instant::now();
    let summary = match input.is_dir() {
        true => verify_folder(input, decoder, limits, console.bar())?,
        false => verify_file(input, decoder, limits, console.bar())?,
    };
    let whole = match input.is_dir() && summary.manifest.is_none() {
        true => format!("archives whole, completeness unknown (there is no {MANIFEST})"),
        false => "whole".to_owned(),
    };
    console.summary(&format!(
        "{}: {whole}, {} tensors, {}, decoded on {}",
        input.display(),
        summary.tensors,
        console::sizes(&summary, start.elapsed(), false),
        console::device(decoder.device())
    ));
    jobs::check_nothing_left_out(&summary)
}
