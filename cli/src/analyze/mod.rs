//! `wcodec analyze`: how much a checkpoint could shrink, and how much it does.

mod plots;
mod report;
mod sizes;
mod source;
mod text;

use crate::args::AnalyzeArgs;
use crate::console::Console;
use crate::stdout;
use report::{Sum, TensorReport};
use sizes::Sizes;
use source::{Checkpoint, Tensor, checkpoints};
use wcodec::convert::Progress;
use wcodec::{Encoder, TensorView};
use wcodec_bench::outputs::draw_into;

/// Analyses every tensor of a file, or of the files in a folder.
pub fn run(args: &AnalyzeArgs, console: &Console) -> anyhow::Result<()> {
    let encoder = Encoder::new().profile(args.profile.into());
    let mut sum = Sum::default();
    // The table of kinds needs none of the tensors.
    let keep = args.tensors || args.json;
    for file in checkpoints(&args.input)? {
        let checkpoint = Checkpoint::open(&file, args.device, &args.limits.get())?;
        let progress = console.bar();
        progress.expect(checkpoint.byte_len());
        checkpoint.for_each(|tensor| {
            let _ = progress.tensor(&file.0, tensor.name);
            sum.add(analyze(&tensor, &encoder)?, keep);
            let _ = progress.advance(tensor.data.len() as u64);
            Ok(())
        })?;
    }
    console.bar().clear();
    let report = sum.finish(&args.input);
    if let Some(folder) = &args.plot {
        draw_into(folder, |folder| plots::all(&report, folder))?;
    }
    if args.json {
        return stdout::print_json(&report);
    }
    stdout::print(&text::draw(&report, args.tensors))
}

fn analyze(tensor: &Tensor<'_>, encoder: &Encoder) -> anyhow::Result<TensorReport> {
    let shape = tensor.shape.to_vec();
    let view = TensorView::new(tensor.dtype, &shape, tensor.data)?;
    let stored = match tensor.stored {
        Some(bytes) => bytes,
        None => encoder.encode(&view)?.len() as u64,
    };
    let analysis = wcodec::analyze::analyze(&view)?;
    let sizes = Sizes::new(&view, &analysis, stored, encoder);
    Ok(TensorReport::new(tensor, &analysis, sizes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cost::{about, put_source};
    use tempfile::TempDir;
    use wcodec::DeviceChoice;
    use wcodec::container::Limits;
    use wcodec::convert::Contents;

    /// Every tensor is of a kind of its own, and all are shown.
    #[test]
    fn what_is_kept_is_in_proportion_to_the_header() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("a.safetensors");
        let header = put_source(&path, 4000);
        let file = (path, Contents::Safetensors);
        about(28.0, header, "analyze", || {
            let checkpoint =
                Checkpoint::open(&file, DeviceChoice::Cpu, &Limits::default()).unwrap();
            let (mut sum, encoder) = (Sum::default(), Encoder::new());
            checkpoint
                .for_each(|tensor| {
                    sum.add(analyze(&tensor, &encoder)?, true);
                    Ok(())
                })
                .unwrap();
            let report = sum.finish(&file.0);
            assert_eq!((report.kinds.len(), report.tensors.len()), (4001, 4001));
            assert!(text::draw(&report, true).lines().count() > 3 * 4001);
        });
    }
}
