//! `wcodec decompress`.

use crate::args::DecompressArgs;
use crate::console::{self, Console};
use crate::{names, remove};
use std::time::Instant;
use wcodec::Decoder;
use wcodec::convert::{DecompressOptions, decompress_file, decompress_folder};

/// Restores a file or a folder.
pub fn run(args: &DecompressArgs, console: &Console) -> anyhow::Result<()> {
    let (source, overwrite) = (&args.files.input, args.files.force);
    let target = names::restored(source, args.files.output.as_deref())?;
    let decoder = Decoder::open(args.device)?;
    let options = DecompressOptions { decoder: &decoder, overwrite, limits: args.limits.get() };
    let start = Instant::now();
    let decompress = if source.is_dir() { decompress_folder } else { decompress_file };
    let summary = decompress(source, &target, &options, console.bar())?;
    let sizes = console::sizes(&summary, start.elapsed(), false);
    console.summary(&format!(
        "{} -> {}: {sizes}, decoded on {}",
        source.display(),
        target.display(),
        console::device(decoder.device())
    ));
    remove::sources(&args.files, &summary)
}
