//! Checks archives without writing anything.

use super::bases::Bases;
use super::blobs::Blobs;
use super::buffers::Buffers;
use super::copy::hash_file;
use super::decompress::{data_len, open_listed, read_from};
use super::folder::{FileKind, FolderPlan};
use super::pipeline::{Limits as PipelineLimits, in_order};
use super::{Progress, Summary};
use crate::container::{Archive, Limits};
use crate::{Decoder, Error, Result};
use std::path::Path;

/// Options for checking.
///
/// ```
/// use wcodec::container::Limits;
/// use wcodec::convert::VerifyOptions;
/// use wcodec::{Decoder, DeviceChoice};
///
/// # fn main() -> wcodec::Result<()> {
/// let decoder = Decoder::open(DeviceChoice::Auto)?;
/// let options = VerifyOptions::new(&decoder).limits(Limits::new().tensors(1000));
/// # assert_eq!(options.limits.tensors, 1000);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct VerifyOptions<'a> {
    /// The decoder.
    pub decoder: &'a Decoder,
    /// The limits of archives.
    pub limits: Limits,
    /// The files that archives may be coded against.
    pub bases: Option<&'a Bases>,
}

impl<'a> VerifyOptions<'a> {
    /// With this decoder and the default limits.
    pub fn new(decoder: &'a Decoder) -> Self {
        Self { decoder, limits: Limits::default(), bases: None }
    }

    /// Sets [`VerifyOptions::bases`].
    pub fn bases(mut self, bases: impl Into<Option<&'a Bases>>) -> Self {
        self.bases = bases.into();
        self
    }

    /// Sets [`VerifyOptions::limits`].
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }
}

/// Checks all of an archive that asks for no more than its limits: header, padding, every checksum,
/// and that every tensor decodes to the bytes that were compressed.
///
/// # Errors
/// As [`Archive::open_with`] and [`Archive::decode_tensor`], at the first violation;
/// [`Error::Cancelled`] where `progress` says so.
pub fn verify_file(
    source: impl AsRef<Path>,
    options: &VerifyOptions<'_>,
    progress: &dyn Progress,
) -> Result<Summary> {
    let source = source.as_ref();
    let archive = Archive::open_with(source, &options.limits)?;
    progress.expect(data_len(&archive));
    verify_open(&archive, options, progress)
}

/// Checks every archive in a folder as [`verify_file`] does, and that the folder is complete: every
/// file that its manifest lists must be there and be the one that it lists, and an index of a
/// sharded model must name no absent file.
///
/// A folder without a manifest ([`super::MANIFEST`]) may be incomplete; its [`Summary::manifest`]
/// is `None`.
///
/// # Errors
/// As [`verify_file`]; [`Error::Corrupt`] where a file is missing or another;
/// [`Error::InvalidArgument`] where there is no archive in it.
pub fn verify_folder(
    source: impl AsRef<Path>,
    options: &VerifyOptions<'_>,
    progress: &dyn Progress,
) -> Result<Summary> {
    let (source, limits) = (source.as_ref(), &options.limits);
    let plan = FolderPlan::to_restore(source, limits)?;
    if let Some(absent) = plan.absent_shards(|file| &file.to)?.first() {
        return Err(Error::corrupt(absent.index.display().to_string(), absent.reason()));
    }
    for file in plan.archive_files() {
        let archive = Archive::open_in_folder(source, &file.from, limits)?;
        progress.expect(data_len(&archive));
    }
    let (manifest, left_out) = (plan.manifest.clone(), plan.left_out.clone());
    let mut summary = Summary { manifest, left_out, ..Summary::default() };
    for file in &plan.files {
        let path = source.join(&file.from);
        summary.add(match file.kind {
            FileKind::Archive => {
                verify_open(&open_listed(file, source, limits)?, options, progress)?
            }
            // Nothing is known of it that could be checked.
            FileKind::Copy if file.listed.is_none() => Summary::default(),
            FileKind::Copy => {
                let read = hash_file(&path, progress)?;
                file.check(&path, read.bytes, read.hash)?;
                read.summary()
            }
        });
    }
    Ok(summary)
}

/// A tensor and its blob, then nothing.
const DECODING: PipelineLimits = PipelineLimits::new(2, 0);
/// The same, and the tensor that it is coded against, with the differences from that.
const DECODING_AGAINST: PipelineLimits = PipelineLimits::new(4, 0);

fn verify_open(
    archive: &Archive,
    options: &VerifyOptions<'_>,
    progress: &dyn Progress,
) -> Result<Summary> {
    let buffers = Buffers::default();
    let blobs = Blobs::new(archive, options.bases)?;
    let decode = |blob| {
        buffers.give(blobs.decode(blob, options.decoder, &buffers, progress)?);
        blobs.advance(blob, progress)
    };
    let limits = if options.bases.is_some() { DECODING_AGAINST } else { DECODING };
    in_order(&blobs.lengths(), limits, decode, |_, ()| Ok(()), |_, ()| Ok(()))?;
    archive.check_unchanged()?;
    let tensor_bytes = data_len(archive);
    Ok(Summary {
        tensors: archive.tensors().len() as u64,
        tensor_bytes,
        input_bytes: archive.file_len(),
        output_bytes: tensor_bytes,
        converted: read_from(archive),
        ..Summary::default()
    })
}
