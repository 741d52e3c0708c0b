//! `wcodec analyze`: how much a checkpoint could shrink, and how much it does.

mod against;
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
use against::Against;
use report::{Report, Sum};
use sizes::Sizes;
use source::{Checkpoint, Tensor, checkpoints};
use std::path::Path;
use wcodec::container::Limits;
use wcodec::convert::{Bases, Progress};
use wcodec::{Decoder, DeviceChoice, Encoder, TensorView};
use wcodec_bench::outputs::draw_into;

/// Analyses every tensor of a file, or of the files in a folder.
pub fn run(args: &AnalyzeArgs, console: &Console) -> anyhow::Result<()> {
    let (encoder, limits) = (args.entropy.encoder(args.profile.into()), &args.limits.get());
    let bases = args.bases.open(*limits)?;
    let options = Options { device: args.device, limits, encoder: &encoder, bases: bases.as_ref() };
    let report = analyze(&args.input, &options, console.bar())?;
    console.bar().clear();
    if let Some(folder) = &args.plot {
        draw_into(folder, |folder| plots::all(&report, folder))?;
    }
    if args.json {
        return stdout::print_json(&report);
    }
    stdout::write(|out| text::draw(&report, args.tensors, out))
}

/// How checkpoints are analysed.
pub struct Options<'a> {
    /// What decodes archives, those of bases too.
    pub device: DeviceChoice,
    /// What archives may ask for.
    pub limits: &'a Limits,
    /// What safetensors would be compressed with.
    pub encoder: &'a Encoder,
    /// What tensors are measured against, and those of archives need.
    pub bases: Option<&'a Bases>,
}

/// The report on a file, or on the files in a folder.
pub fn analyze(
    input: &Path,
    options: &Options<'_>,
    progress: &dyn Progress,
) -> anyhow::Result<Report> {
    let &Options { device, limits, encoder, bases } = options;
    let against = match bases {
        Some(bases) => Some(Against { bases, decoder: Decoder::open(device)? }),
        None => None,
    };
    let mut sum = Sum::default();
    for file in checkpoints(input)? {
        let checkpoint = Checkpoint::open(&file, device, limits, bases)?;
        add_all(&mut sum, &file.0, &checkpoint, encoder, against.as_ref(), progress)?;
    }
    Ok(sum.finish(input)?)
}

/// Analyses the tensors of a file.
fn add_all(
    sum: &mut Sum,
    file: &Path,
    checkpoint: &Checkpoint<'_>,
    encoder: &Encoder,
    against: Option<&Against<'_>>,
    progress: &dyn Progress,
) -> anyhow::Result<()> {
    progress.expect(checkpoint.byte_len());
    checkpoint.for_each(|tensor| {
        proceed(progress.tensor(file, tensor.name))?;
        // As in the archive that the file would become.
        let encoder = &encoder.clone().batch_bytes(checkpoint.byte_len());
        add(sum, &tensor, encoder, against)?;
        Ok(proceed(progress.advance(tensor.data.len() as u64))?)
    })
}

/// Analyses a tensor.
fn add(
    sum: &mut Sum,
    tensor: &Tensor<'_>,
    encoder: &Encoder,
    against: Option<&Against<'_>>,
) -> anyhow::Result<()> {
    let shape = tensor.shape.try_to_vec()?;
    let view = TensorView::new(tensor.dtype, &shape, tensor.data)?;
    let analysis = wcodec::programs::analyze::analyze(&view)?;
    let alone = match (tensor.stored, against) {
        (Some(stored), None) => stored,
        _ => encoder.encode(&view)?.len() as u64,
    };
    let measure = |against: &Against<'_>| against.measure(tensor.name, &view, encoder, alone);
    let measured = against.map(measure).transpose()?;
    let smaller = measured.as_ref().map_or(alone, |measured| measured.stored());
    let stored = tensor.stored.unwrap_or(smaller);
    let mut sizes = Sizes::new(&view, &analysis, stored, encoder);
    sizes.bases = measured.map(|measured| measured.sizes(sizes.weights, sizes.limit()));
    Ok(sum.add(tensor, analysis.split, &sizes)?)
}

#[cfg(test)]
mod tests;
