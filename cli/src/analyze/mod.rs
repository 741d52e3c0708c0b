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
use report::{Report, Sum};
use sizes::Sizes;
use source::{Checkpoint, Tensor, checkpoints};
use std::path::Path;
use wcodec::container::Limits;
use wcodec::convert::Progress;
use wcodec::{DeviceChoice, Encoder, TensorView};
use wcodec_bench::outputs::draw_into;

/// Analyses every tensor of a file, or of the files in a folder.
pub fn run(args: &AnalyzeArgs, console: &Console) -> anyhow::Result<()> {
    let encoder = Encoder::new().profile(args.profile.into());
    let report = analyze(&args.input, args.device, &args.limits.get(), &encoder, console.bar())?;
    console.bar().clear();
    if let Some(folder) = &args.plot {
        draw_into(folder, |folder| plots::all(&report, folder))?;
    }
    if args.json {
        return stdout::print_json(&report);
    }
    stdout::write(|out| text::draw(&report, args.tensors, out))
}

/// The report on a file, or on the files in a folder.
pub fn analyze(
    input: &Path,
    device: DeviceChoice,
    limits: &Limits,
    encoder: &Encoder,
    progress: &dyn Progress,
) -> anyhow::Result<Report> {
    let mut sum = Sum::default();
    for file in checkpoints(input)? {
        let checkpoint = Checkpoint::open(&file, device, limits)?;
        add_all(&mut sum, &file.0, &checkpoint, encoder, progress)?;
    }
    Ok(sum.finish(input)?)
}

/// Analyses the tensors of a file.
fn add_all(
    sum: &mut Sum,
    file: &Path,
    checkpoint: &Checkpoint,
    encoder: &Encoder,
    progress: &dyn Progress,
) -> anyhow::Result<()> {
    progress.expect(checkpoint.byte_len());
    checkpoint.for_each(|tensor| {
        proceed(progress.tensor(file, tensor.name))?;
        add(sum, &tensor, encoder, checkpoint.byte_len())?;
        Ok(proceed(progress.advance(tensor.data.len() as u64))?)
    })
}

/// Analyses a tensor of a file with so many bytes of tensors.
fn add(
    sum: &mut Sum,
    tensor: &Tensor<'_>,
    encoder: &Encoder,
    file_bytes: u64,
) -> anyhow::Result<()> {
    let shape = tensor.shape.try_to_vec()?;
    let view = TensorView::new(tensor.dtype, &shape, tensor.data)?;
    let stored = match tensor.stored {
        Some(bytes) => bytes,
        // As in the archive that the file would become.
        None => encoder.clone().batch_bytes(file_bytes).encode(&view)?.len() as u64,
    };
    let analysis = wcodec::programs::analyze::analyze(&view)?;
    let sizes = Sizes::new(&view, &analysis, stored, encoder);
    Ok(sum.add(tensor, analysis.split, &sizes)?)
}

#[cfg(test)]
mod tests;
