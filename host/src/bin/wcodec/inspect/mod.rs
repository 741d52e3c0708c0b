//! `wcodec inspect`.

mod report;
mod table;

use crate::args::InspectArgs;
use crate::console::Console;
use crate::stdout;
use report::{ArchiveReport, TensorReport};
use std::io::Write;
use wcodec::container::{Archive, TensorInfo};
use wcodec::convert::{Progress, archives_in};
use wcodec::{Decoder, TensorView};

/// Shows how each tensor is compressed.
pub fn run(args: &InspectArgs, console: &Console) -> anyhow::Result<()> {
    let mut files = Vec::new();
    for input in &args.inputs {
        match input.is_dir() {
            true => files.extend(archives_in(input)?),
            false => files.push(input.clone()),
        }
    }
    let decoder = if args.no_entropy { None } else { Some(Decoder::open(args.device)?) };
    let mut reports = Vec::with_capacity(files.len());
    for file in &files {
        let archive = Archive::open_with(file, &args.limits.get())?;
        reports.push(inspect(&archive, decoder.as_ref(), console.bar())?);
    }
    console.bar().clear();
    if args.json {
        return stdout::print_json(&reports);
    }
    stdout::write(|out| {
        for (number, report) in reports.iter().enumerate() {
            if number > 0 {
                writeln!(out)?;
            }
            table::draw(report, out)?;
        }
        Ok(())
    })
}

fn inspect(
    archive: &Archive,
    decoder: Option<&Decoder>,
    progress: &dyn Progress,
) -> anyhow::Result<ArchiveReport> {
    let lengths = archive.tensors().iter().map(TensorInfo::byte_len);
    progress.expect(lengths.fold(0, u64::saturating_add));
    let mut tensors = Vec::with_capacity(archive.tensors().len());
    let mut data = Vec::new();
    for tensor in archive.tensors() {
        progress.tensor(archive.path(), tensor.name());
        let bytes = archive.read_blob(tensor)?;
        let summary = archive.parse_blob(tensor, &bytes)?.summary();
        drop(bytes);
        let limit = match decoder {
            Some(decoder) => Some(limit(archive, tensor, decoder, &mut data)?),
            None => None,
        };
        tensors.push(TensorReport::new(tensor, summary, limit));
        progress.advance(tensor.byte_len());
    }
    Ok(ArchiveReport::new(archive, tensors))
}

/// The fewest bytes that a coder without context could store the tensor in.
fn limit(
    archive: &Archive,
    tensor: &TensorInfo,
    decoder: &Decoder,
    data: &mut Vec<u8>,
) -> wcodec::Result<u64> {
    archive.decode_into(tensor, decoder, data)?;
    let shape = tensor.shape().to_vec();
    let view = TensorView::new(tensor.dtype(), &shape, data)?;
    wcodec::analyze::entropy_limit(&view)
}
