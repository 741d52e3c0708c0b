//! `wcodec rebase`.

use crate::args::RebaseArgs;
use crate::console::{self, Console};
use std::time::Instant;
use wcodec::Decoder;
use wcodec::convert::{CompressOptions, DecompressOptions, rebase_file};

/// Codes an archive against other bases, or alone.
pub fn run(args: &RebaseArgs, console: &Console) -> anyhow::Result<()> {
    let start = Instant::now();
    let limits = args.limits.get();
    let decoder = Decoder::open(args.device)?;
    let (old, new) = (args.bases.open(limits)?, args.onto(limits)?);
    let from = DecompressOptions::new(&decoder).limits(limits).bases(old.as_ref());
    let encoder = args.entropy.encoder(args.profile.into());
    let to = CompressOptions::new().encoder(encoder).verify(&decoder).bases(new.as_ref());
    let to = to.overwrite(args.force);
    let (source, target) = (&args.input, &args.output);
    let summary = rebase_file(source, target, &from, &to, console.bar())?;
    let sizes = console::sizes(&summary, start.elapsed(), true);
    console.summary(&format!("{} -> {}: {sizes}", source.display(), target.display()));
    Ok(())
}
