//! `wcodec compress`.

use crate::args::CompressArgs;
use crate::console::{self, Console};
use crate::jobs::{self, Job};
use crate::{names, remove};
use std::path::Path;
use std::time::Instant;
use wcodec::Decoder;
use wcodec::container::Limits;
use wcodec::convert::{CompressOptions, compress_file, compress_folder};

/// Compresses files and folders.
pub fn run(args: &CompressArgs, console: &Console) -> anyhow::Result<()> {
    let jobs = jobs::plan(&args.files, names::compressed)?;
    remove::check(&args.files)?;
    let decoder = if args.no_verify { None } else { Some(Decoder::open(args.device)?) };
    let encoder = args.entropy.encoder(args.profile.into());
    let options = CompressOptions::new().encoder(encoder).verify(decoder.as_ref());
    let bases = args.bases.open(Limits::default())?;
    let options = options.overwrite(args.files.force).as_is(args.as_is).bases(bases.as_ref());
    jobs::each(&jobs, console, |job| compress(job, args, &options, console))
}

/// A refused file that begins like a safetensors file can be carried all the same.
fn with_advice(error: wcodec::Error, source: &Path) -> anyhow::Error {
    let refused = error.is_bad_data() || error.code() == "invalid_argument";
    match refused && wcodec::programs::begins_like_safetensors(source) {
        true => anyhow::Error::new(error).context("refused (--as-is carries such a file as it is)"),
        false => error.into(),
    }
}

fn compress(
    Job { source, target }: &Job,
    args: &CompressArgs,
    options: &CompressOptions<'_>,
    console: &Console,
) -> anyhow::Result<()> {
    let start = Instant::now();
    let summary = match source.is_dir() {
        true => compress_folder(source, target, options, console.bar())?,
        false => compress_file(source, target, options, console.bar())
            .map_err(|error| with_advice(error, source))?,
    };
    let verified = match options.verify {
        Some(decoder) => format!("verified on {}", console::device(decoder.device())),
        None => "not verified".to_owned(),
    };
    let sizes = console::sizes(&summary, start.elapsed(), true);
    console.summary(&format!("{} -> {}: {sizes}, {verified}", source.display(), target.display()));
    jobs::check_nothing_left_out(&summary)?;
    remove::sources(&args.files, source, &summary, console)
}
