//! `wcodec verify`.

use crate::args::VerifyArgs;
use crate::console::{self, Console};
use crate::jobs;
use std::path::Path;
use std::time::Instant;
use wcodec::Decoder;
use wcodec::convert::{MANIFEST, VerifyOptions, verify_file, verify_folder};

/// Checks files and folders.
pub fn run(args: &VerifyArgs, console: &Console) -> anyhow::Result<()> {
    let decoder = Decoder::open(args.device)?;
    let limits = args.limits.get();
    let bases = args.bases.open(limits)?;
    let options = VerifyOptions::new(&decoder).limits(limits).bases(bases.as_ref());
    jobs::each(&args.inputs, console, |input| verify(input, &options, console))
}

fn verify(input: &Path, options: &VerifyOptions<'_>, console: &Console) -> anyhow::Result<()> {
    let start = Instant::now();
    let summary = match input.is_dir() {
        true => verify_folder(input, options, console.bar())?,
        false => verify_file(input, options, console.bar())?,
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
        console::device(options.decoder.device())
    ));
    jobs::check_nothing_left_out(&summary)
}
