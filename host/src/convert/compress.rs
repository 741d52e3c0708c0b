//! safetensors to .wcodec.

use super::against::Against;
use super::compress_options::CompressOptions;
use super::compressor::Compressor;
use super::copy::copy_file;
use super::earlier::Earlier;
use super::folder::{FileKind, FolderManifest, FolderOutput, FolderPlan};
use super::names::name_to_store;
use super::sharing::{InFolder, storage_plan};
use super::source::{open, open_or_as_is};
use super::{MOST_SHARED, Progress, SourceFile, Summary, check_distinct};
use crate::container::{ArchiveWriter, ContentHash, Finished};
use crate::entry_name;
use crate::output::OutputFile;
use crate::safetensors_file::SafetensorsFile;
use crate::{Decoder, DeviceChoice, Result};
use std::path::Path;

/// Compresses a safetensors file, or with [`CompressOptions::as_is`] any file; `target` appears whole
/// or not at all.
///
/// # Errors
/// As [`SafetensorsFile::open`] where `source` is at fault; [`crate::Error::OutputExists`],
/// [`crate::Error::InvalidArgument`] where both are one file, [`crate::Error::Io`],
/// [`crate::Error::OutOfMemory`]; [`crate::Error::Changed`] where `source` was changed while it was
/// read; [`crate::Error::Corrupt`] where a tensor does not decode to the bytes that were read;
/// [`crate::Error::Cancelled`] where `progress` says so.
pub fn compress_file(
    source: impl AsRef<Path>,
    target: impl AsRef<Path>,
    options: &CompressOptions<'_>,
    progress: &dyn Progress,
) -> Result<Summary> {
    let (source, target) = (source.as_ref(), target.as_ref());
    check_distinct(source, target)?;
    let input = if options.as_is { open_or_as_is(source)? } else { open(source)? };
    progress.expect(input.data_len());
    Ok(compress_open(&input, target, None, options, progress)?.summary)
}

/// Compresses every safetensors file in a folder and those below it, whatever they are called,
/// copies the other files along and lists all of them in [`super::MANIFEST`]; `target` appears
/// whole or not at all.
///
/// A tensor of more than 32 KiB that an earlier file has, in the order of their names, is not stored
/// again: its archive refers to that file, and both have to stay where they are in the folder.
///
/// A safetensors file that is refused, as it has gaps or a dtype that is unknown, is copied too, and
/// listed in [`Summary::as_is`].
///
/// Links are followed, but for those that lead round in circles; hidden folders are left out
/// ([`Summary::left_out`] has those that hold weights).
///
/// # Errors
/// As [`compress_file`], but for what is in a safetensors file; [`crate::Error::InvalidArgument`]
/// where the folder holds none, or all is compressed already.
pub fn compress_folder(
    source: impl AsRef<Path>,
    target: impl AsRef<Path>,
    options: &CompressOptions<'_>,
    progress: &dyn Progress,
) -> Result<Summary> {
    let (source, target) = (source.as_ref(), target.as_ref());
    let plan = FolderPlan::to_compress(source)?;
    for file in plan.archives() {
        progress.expect(open(&file)?.data_len());
    }
    let mut output = FolderOutput::create(&plan, target, options.overwrite, true)?;
    let empty_folders = plan.empty_folders.clone();
    let mut manifest = FolderManifest { files: Vec::new(), empty_folders };
    let mut earlier = Earlier::default();
    for file in &plan.files {
        output.put(file, |from, to| {
            let (summary, hash) = match file.kind {
                FileKind::Archive => {
                    let input = SafetensorsFile::open(from)?;
                    let folder = InFolder { archive: &file.to, earlier: &earlier };
                    let made = compress_open(&input, to, Some(&folder), options, progress)?;
                    let name = entry_name::encode(&file.to)?;
                    earlier.add(input, name, &made.hashes, MOST_SHARED + 1)?;
                    (made.summary, made.front_hash)
                }
                FileKind::Copy => {
                    let copied = copy_file(from, to, progress)?;
                    (copied.summary(), copied.hash)
                }
            };
            manifest.files.push(plan.listed(file, summary.output_bytes, hash));
            Ok(summary)
        })?;
    }
    output.put_manifest(&manifest)?;
    output.commit()
}

/// An archive that was made.
struct Made {
    summary: Summary,
    front_hash: ContentHash,
    /// Of the tensors that have blobs of their own.
    hashes: Vec<(u32, ContentHash)>,
}

/// Compresses an open file, which may be one of a folder.
fn compress_open(
    input: &SafetensorsFile,
    target: &Path,
    folder: Option<&InFolder<'_>>,
    options: &CompressOptions<'_>,
    progress: &dyn Progress,
) -> Result<Made> {
    let options = &options.for_batch(input.data_len());
    let output = OutputFile::create(target, options.overwrite, Some(input.attributes().clone()))?;
    let (manifest, name) = (input.shared_manifest(), name_to_store(input.path()));
    let decoder = decoder_of_bases(options)?;
    let in_bases = |own: &mut dyn Iterator<Item = u32>| {
        let bases = options.bases.zip(options.verify.or(decoder.as_ref()));
        let find = |(bases, decoder)| {
            Against::find(bases, input, decoder, &options.encoder, own, progress)
        };
        bases.map(find).transpose()
    };
    let (plan, against) = storage_plan(input, folder, in_bases, progress)?;
    let compressor = Compressor::new(input, options, &plan, against, progress);
    let mut writer = ArchiveWriter::of_file(output, target, manifest, name, plan.clone())?;
    compressor.write_all(&mut writer)?;
    let Finished { out: output, front_hash, file_len, hashes } = writer.finish_summed()?;
    input.check_unchanged()?;
    output.commit()?;
    let summary = Summary {
        tensors: input.manifest().tensors.len() as u64,
        tensor_bytes: input.data_len(),
        input_bytes: input.file_len(),
        output_bytes: file_len,
        converted: vec![SourceFile::new(input.path(), input.identity())],
        ..Summary::default()
    };
    Ok(Made { summary, front_hash, hashes })
}

/// A decoder on the CPU where one is needed for bases, and none was given for the check.
fn decoder_of_bases(options: &CompressOptions<'_>) -> Result<Option<Decoder>> {
    match (options.bases, options.verify) {
        (Some(_), None) => Decoder::open(DeviceChoice::Cpu).map(Some),
        _ => Ok(None),
    }
}
