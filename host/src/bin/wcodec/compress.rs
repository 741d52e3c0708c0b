//! `wcodec compress`.

use crate::args::CompressArgs;
use crate::console::{self, Console};
use crate::{names, remove};
use std::time::Instant;
use wcodec::convert::{CompressOptions, compress_file, compress_folder};
use wcodec::{Decoder, Encoder};

/// Compresses a file or a folder.
pub fn run(args: &CompressArgs, console: &Console) -> anyhow::Result<()> {
    let (source, overwrite) = (&args.files.input, args.files.force);
    let target = names::compressed(source, args.files.output.as_deref())?;
    let decoder = if args.no_verify { None } else { Some(Decoder::open(args.device)?) };
    let encoder = Encoder::new().profile(args.profile.into());
    let options = CompressOptions { encoder, verify: decoder.as_ref(), overwrite };
    let start = Instant::now();
    let compress = if source.is_dir() { compress_folder } else { compress_file };
    let summary = compress(source, &target, &options, console.bar())?;
    let verified = match &decoder {
        Some(decoder) => format!("verified on {}", console::device(decoder.device())),
        None => "not verified".to_owned(),
    };
    let sizes = console::sizes(&summary, start.elapsed(), true);
    console.summary(&format!("{} -> {}: {sizes}, {verified}", source.display(), target.display()));
    remove::sources(&args.files, &summary)
}
