//! `wcodec inspect`.

mod report;
mod table;

use crate::args::InspectArgs;
use crate::console::Console;
use crate::progress::proceed;
use crate::{jobs, stdout};
use report::{ArchiveReport, TensorReport, reserve};
use std::collections::VecDeque;
use std::io::Write;
use std::path::{Path, PathBuf};
use wcodec::blob::BlobSummary;
use wcodec::container::{Archive, Limits, TensorInfo};
use wcodec::convert::{Contents, Progress, archives_in, checkpoints_in};
use wcodec::{Decoder, Error, SafetensorsFile, TensorView};

/// Shows how each tensor is compressed, of all archives that can be read.
pub fn run(args: &InspectArgs, console: &Console) -> anyhow::Result<()> {
    let decoder = if args.no_entropy { None } else { Some(Decoder::open(args.device)?) };
    let mut reports = Vec::new();
    let read = jobs::each(&args.inputs, console, |input| {
        let copies = copies(input)?;
        let read = jobs::each(&archives(input, &copies)?, console, |file| {
            let archive = Archive::open_with(file, &args.limits.get())?;
            reports.push(inspect(&archive, decoder.as_ref(), console.bar())?);
            Ok(())
        });
        reports.extend(copies);
        read
    });
    console.bar().clear();
    if reports.is_empty() && read.is_err() {
        return read;
    }
    print(&reports, args.json)?;
    read
}

/// The reports on an archive, or on those of a folder and the files that were copied into it: with
/// the limit of entropy where a decoder is given.
pub fn reports(
    input: &Path,
    decoder: Option<&Decoder>,
    limits: &Limits,
    progress: &dyn Progress,
) -> anyhow::Result<Vec<ArchiveReport>> {
    let copies = copies(input)?;
    let report = |file| inspect(&Archive::open_with(file, limits)?, decoder, progress);
    let mut reports =
        archives(input, &copies)?.iter().map(report).collect::<anyhow::Result<Vec<_>>>()?;
    reports.extend(copies);
    Ok(reports)
}

/// The archives of a folder, or the one file. There may be none where all else was copied.
fn archives(input: &Path, copies: &[ArchiveReport]) -> anyhow::Result<Vec<PathBuf>> {
    if !input.is_dir() {
        return Ok(vec![input.to_owned()]);
    }
    match archives_in(input) {
        Err(Error::InvalidArgument(_)) if !copies.is_empty() => Ok(Vec::new()),
        archives => Ok(archives?),
    }
}

/// The reports on the safetensors files of a compressed folder that were copied, as no archive can
/// be made of them.
fn copies(input: &Path) -> anyhow::Result<Vec<ArchiveReport>> {
    let mut copies = Vec::new();
    if input.is_dir() {
        // A folder without any is told of with its archives.
        for (path, contents) in checkpoints_in(input).unwrap_or_default() {
            if contents == Contents::Safetensors && SafetensorsFile::open(&path).is_err() {
                copies.push(ArchiveReport::of_copy(&path)?);
            }
        }
    }
    Ok(copies)
}

fn print(reports: &[ArchiveReport], json: bool) -> anyhow::Result<()> {
    if json {
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
    let count = archive.tensors().len();
    let (mut tensors, mut summaries) = (Vec::new(), Summaries::default());
    reserve(tensors.try_reserve_exact(count), count.saturating_mul(size_of::<TensorReport>()))?;
    for tensor in archive.tensors() {
        proceed(progress.tensor(archive.path(), tensor.name()))?;
        let summary = summaries.of(archive, tensor)?;
        let limit = match decoder {
            // Nothing of it has to be stored.
            Some(_) if tensor.same_as().or(tensor.elsewhere()).is_some() => Some(0),
            // What its own bytes could be stored in says nothing of their differences from others.
            Some(_) if tensor.reference().is_some() => None,
            Some(decoder) => Some(limit(archive, tensor, decoder)?),
            None => None,
        };
        tensors.push(TensorReport::new(tensor, summary, limit)?);
        proceed(progress.advance(tensor.byte_len()))?;
    }
    Ok(ArchiveReport::new(archive, tensors))
}

/// The summaries of the last blobs, as those that many tensors share would be read for each.
#[derive(Default)]
struct Summaries(VecDeque<(u32, BlobSummary)>);

impl Summaries {
    /// Blobs that tensors share at a time: no more than there are dtypes in most models.
    const KEPT: usize = 8;

    /// The summary of a tensor's blob, or of its differences; `None` where a base has the tensor.
    fn of(
        &mut self,
        archive: &Archive,
        tensor: &TensorInfo,
    ) -> wcodec::Result<Option<BlobSummary>> {
        if tensor.is_unchanged() {
            return Ok(None);
        }
        let number = tensor.blob_number();
        if let Some((_, summary)) = self.0.iter().find(|(kept, _)| *kept == number) {
            return Ok(Some(summary.clone()));
        }
        let bytes = archive.read_blob(tensor)?;
        let summary = match tensor.reference() {
            Some(_) => archive.parse_delta(tensor, &bytes)?.summary().coding,
            None => archive.parse_blob(tensor, &bytes)?.summary(),
        };
        if self.0.len() == Self::KEPT {
            self.0.pop_front();
        }
        self.0.push_back((number, summary.clone()));
        Ok(Some(summary))
    }
}

/// The fewest bytes that a coder without context could store the tensor in.
fn limit(archive: &Archive, tensor: &TensorInfo, decoder: &Decoder) -> wcodec::Result<u64> {
    let data = archive.decode_tensor(tensor.name(), decoder)?;
    let shape = tensor.shape().to_vec();
    let view = TensorView::new(tensor.dtype(), &shape, &data)?;
    wcodec::programs::analyze::entropy_limit(&view)
}

#[cfg(test)]
mod tests {
    use super::{Error, inspect, table};
    use crate::cost::{Most, at_most, print_to_counter};
    use crate::stdout::print_json_to;
    use std::fs;
    use std::ops::ControlFlow;
    use std::sync::atomic::{AtomicU32, Ordering};
    use support::forged::{header_len, stored_header};
    use support::headers::{put_source, sources};
    use wcodec::convert::{CompressOptions, compress_file};
    use wcodec::{Archive, Decoder, DeviceChoice};

    #[test]
    fn a_progress_that_breaks_off_cancels() {
        let (folder, path) = put_source(&sources(3)[0]);
        let archive = folder.path().join("a.wcodec");
        compress_file(&path, &archive, &CompressOptions::new(), &()).unwrap();
        let archive = Archive::open(&archive).unwrap();
        let advances = AtomicU32::new(0);
        let stop = |_| {
            advances.fetch_add(1, Ordering::Relaxed);
            ControlFlow::Break(())
        };
        let error = inspect(&archive, None, &stop).expect_err("it goes on");
        assert!(matches!(error.downcast_ref(), Some(Error::Cancelled)), "{error}");
        assert_eq!(advances.into_inner(), 1);
    }

    /// Memory, and text: the many rows are no wider for the one that is long.
    #[test]
    fn inspecting_takes_memory_in_proportion_to_the_header() {
        let decoder = Decoder::open(DeviceChoice::Cpu).unwrap();
        for source in sources(4000) {
            let (folder, path) = put_source(&source);
            let archive = folder.path().join("a.wcodec");
            compress_file(&path, &archive, &CompressOptions::default(), &()).unwrap();
            let file = fs::read(&archive).unwrap();
            let sums = file.len() - stored_header(&file).end;
            let header = header_len(&file) + sums;
            let (mut text, mut json) = (0, 0);
            at_most(Most { held: 7.0, in_all: 174.0 }, header, source.what, || {
                let archive = Archive::open(&archive).unwrap();
                let report = inspect(&archive, Some(&decoder), &()).unwrap();
                text = print_to_counter(|out| table::draw(&report, out));
                json = print_to_counter(|out| print_json_to(out, &report));
            });
            assert!(text / (source.tensors + 3) < 300, "{}: {text} bytes of text", source.what);
            assert!(json / header < 10, "{}: {json} bytes of JSON for {header}", source.what);
        }
    }
}
