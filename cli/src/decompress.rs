//! `wcodec decompress`.

use crate::args::DecompressArgs;
use crate::console::{self, Console};
use crate::jobs::{self, Job};
use crate::{names, remove};
use std::time::Instant;
use wcodec::Decoder;
use wcodec::convert::{DecompressOptions, decompress_file, decompress_folder};

/// Restores files and folders.
pub fn run(args: &DecompressArgs, console: &Console) -> anyhow::Result<()> {
    let limits = args.limits.get();
    let jobs = jobs::plan(&args.files, |source| names::restored(source, &limits))?;
    remove::check(&args.files)?;
    let decoder = Decoder::open(args.device)?;
    let bases = args.bases.open(limits)?;
    let options = DecompressOptions::new(&decoder).overwrite(args.files.force).limits(limits);
    let options = options.bases(bases.as_ref());
    jobs::each(&jobs, console, |job| decompress(job, args, &options, console))
}

fn decompress(
    Job { source, target }: &Job,
    args: &DecompressArgs,
    options: &DecompressOptions<'_>,
    console: &Console,
) -> anyhow::Result<()> {
    let start = Instant::now();
    let summary = match source.is_dir() {
        true => decompress_folder(source, target, options, console.bar())?,
        false => decompress_file(source, target, options, console.bar())?,
    };
    let sizes = console::sizes(&summary, start.elapsed(), false);
    console.summary(&format!(
        "{} -> {}: {sizes}, decoded on {}",
        source.display(),
        target.display(),
        console::device(options.decoder.device())
    ));
    jobs::check_nothing_left_out(&summary)?;
    remove::sources(&args.files, source, &summary, console)
}
