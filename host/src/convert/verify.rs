//! Checking archives without writing anything.

use super::buffers::Buffers;
use super::decompress::{data_len, decode, lengths};
use super::folder::FolderPlan;
use super::pipeline::{Limits as PipelineLimits, in_order};
use super::{Progress, SAFETENSORS, Summary, WCODEC};
use crate::container::{Archive, Limits};
use crate::{Decoder, Result};
use std::path::{Path, PathBuf};

/// Checks all of an archive that asks for no more than `limits`: header, padding, every checksum, and that every tensor decodes to what was compressed.
///
/// # Errors
/// As [`Archive::open_with`] and [`Archive::decode_into`], at the first thing that does not hold.
pub fn verify_file(
    source: &Path,
    decoder: &Decoder,
    limits: &Limits,
    progress: &dyn Progress,
) -> Result<Summary> {
    let archive = Archive::open_with(source, limits)?;
    progress.expect(data_len(&archive));
    verify_open(&archive, decoder, progress)
}

/// Checks every archive in a folder as [`verify_file`] does.
///
/// # Errors
/// As [`verify_file`]; [`crate::Error::InvalidArgument`] where there is no archive in it.
pub fn verify_folder(
    source: &Path,
    decoder: &Decoder,
    limits: &Limits,
    progress: &dyn Progress,
) -> Result<Summary> {
    let files = archives_in(source)?;
    for file in &files {
        progress.expect(data_len(&Archive::open_with(file, limits)?));
    }
    let mut summary = Summary::default();
    for file in &files {
        summary.add(verify_open(&Archive::open_with(file, limits)?, decoder, progress)?);
    }
    Ok(summary)
}

/// The archives in a folder, in the order of their names.
///
/// # Errors
/// [`crate::Error::InvalidArgument`] where there is none, [`crate::Error::Io`].
pub fn archives_in(folder: &Path) -> Result<Vec<PathBuf>> {
    Ok(FolderPlan::new(folder, WCODEC, SAFETENSORS)?.sources().collect())
}

/// A tensor and its blob, then nothing.
const DECODING: PipelineLimits = PipelineLimits::new(2, 0);

fn verify_open(archive: &Archive, decoder: &Decoder, progress: &dyn Progress) -> Result<Summary> {
    archive.check_padding()?;
    let buffers = Buffers::default();
    let decode = |index| {
        let data = decode(archive, index, decoder, &buffers, progress)?;
        progress.advance(data.len() as u64);
        buffers.give(data);
        Ok(())
    };
    in_order(&lengths(archive), DECODING, decode, |_, ()| Ok(()), |_, ()| Ok(()))?;
    let tensor_bytes = data_len(archive);
    Ok(Summary {
        tensors: archive.tensors().len() as u64,
        tensor_bytes,
        input_bytes: archive.file_len(),
        output_bytes: tensor_bytes,
        converted: vec![archive.path().to_path_buf()],
        copied: Vec::new(),
    })
}
