//! `wcodec analyze`: how much a checkpoint could shrink, and how much it does.

mod kinds;
mod plots;
mod records;
mod report;
mod sizes;
mod source;
mod text;

use crate::args::AnalyzeArgs;
use crate::console::Console;
use crate::progress::proceed;
use crate::stdout;
use report::Sum;
use sizes::Sizes;
use source::{Checkpoint, Tensor, checkpoints};
use wcodec::convert::Progress;
use wcodec::{Encoder, TensorView};
use wcodec_bench::outputs::draw_into;

/// Analyses every tensor of a file, or of the files in a folder.
pub fn run(args: &AnalyzeArgs, console: &Console) -> anyhow::Result<()> {
    let encoder = Encoder::new().profile(args.profile.into());
    let mut sum = Sum::default();
    for file in checkpoints(&args.input)? {
        let checkpoint = Checkpoint::open(&file, args.device, &args.limits.get())?;
        let progress = console.bar();
        progress.expect(checkpoint.byte_len());
        checkpoint.for_each(|tensor| {
            proceed(progress.tensor(&file.0, tensor.name))?;
            add(&mut sum, &tensor, &encoder)?;
            Ok(proceed(progress.advance(tensor.data.len() as u64))?)
        })?;
    }
    console.bar().clear();
    let report = sum.finish(&args.input)?;
    if let Some(folder) = &args.plot {
        draw_into(folder, |folder| plots::all(&report, folder))?;
    }
    if args.json {
        return stdout::print_json(&report);
    }
    stdout::write(|out| text::draw(&report, args.tensors, out))
}

/// Analyses a tensor.
fn add(sum: &mut Sum, tensor: &Tensor<'_>, encoder: &Encoder) -> anyhow::Result<()> {
    let shape = tensor.shape.to_vec();
    let view = TensorView::new(tensor.dtype, &shape, tensor.data)?;
    let stored = match tensor.stored {
        Some(bytes) => bytes,
        None => encoder.encode(&view)?.len() as u64,
    };
    let analysis = wcodec::programs::analyze::analyze(&view)?;
    let sizes = Sizes::new(&view, &analysis, stored, encoder);
    Ok(sum.add(tensor, analysis.split, &sizes)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cost::{Most, at_most, print_to_counter};
    use crate::stdout::print_json_to;
    use std::path::PathBuf;
    use support::headers::{put_source, sources};
    use wcodec::DeviceChoice;
    use wcodec::container::Limits;
    use wcodec::convert::Contents;

    /// Opens a source, analyses its tensors and prints both forms of the report.
    fn report(file: &(PathBuf, Contents)) {
        let checkpoint = Checkpoint::open(file, DeviceChoice::Cpu, &Limits::default()).unwrap();
        let (mut sum, encoder) = (Sum::default(), Encoder::new());
        checkpoint.for_each(|tensor| add(&mut sum, &tensor, &encoder)).unwrap();
        let report = sum.finish(&file.0).unwrap();
        for by_tensor in [false, true] {
            assert!(print_to_counter(|out| text::draw(&report, by_tensor, out)) > 0);
        }
        assert!(print_to_counter(|out| print_json_to(out, &report)) > 0);
    }

    /// Every tensor is of a kind of its own, and all are shown.
    #[test]
    fn analysing_takes_memory_in_proportion_to_the_header() {
        for source in sources(8000) {
            let (_folder, path) = put_source(&source);
            let file = (path, Contents::Safetensors);
            at_most(Most { held: 4.0, in_all: 10_000.0 }, source.input(), source.what, || {
                report(&file)
            });
        }
    }
}
