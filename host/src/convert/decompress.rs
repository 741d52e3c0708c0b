//! .wcodec to safetensors.

use super::bases::Bases;
use super::blobs::{Blobs, part};
use super::buffers::Buffers;
use super::copy::copy_file;
use super::folder::{FileKind, FolderOutput, FolderPlan, PlannedFile};
use super::pipeline::{Limits as PipelineLimits, in_order};
use super::{Progress, SourceFile, Summary, check_distinct};
use crate::container::{Archive, Limits};
use crate::memory::reserve;
use crate::output::OutputFile;
use crate::{Decoder, Error, Result};
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;

/// Options for decompressing.
///
/// ```
/// use wcodec::container::Limits;
/// use wcodec::convert::DecompressOptions;
/// use wcodec::{Decoder, DeviceChoice};
///
/// # fn main() -> wcodec::Result<()> {
/// let decoder = Decoder::open(DeviceChoice::Auto)?;
/// let limits = Limits::new().tensors(1000);
/// let options = DecompressOptions::new(&decoder).overwrite(true).limits(limits);
/// # assert!(options.overwrite && options.limits.tensors == 1000);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct DecompressOptions<'a> {
    /// The decoder.
    pub decoder: &'a Decoder,
    /// True if an existing target is replaced.
    pub overwrite: bool,
    /// The limits of archives.
    pub limits: Limits,
    /// The files that archives may be coded against.
    pub bases: Option<&'a Bases>,
}

impl<'a> DecompressOptions<'a> {
    /// With this decoder and the default limits; no existing target is replaced.
    pub fn new(decoder: &'a Decoder) -> Self {
        Self { decoder, overwrite: false, limits: Limits::default(), bases: None }
    }

    /// Sets [`DecompressOptions::overwrite`].
    pub fn overwrite(mut self, overwrite: bool) -> Self {
        self.overwrite = overwrite;
        self
    }

    /// Sets [`DecompressOptions::limits`].
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }
}

impl<'a> DecompressOptions<'a> {
    /// Sets [`DecompressOptions::bases`].
    pub fn bases(mut self, bases: impl Into<Option<&'a Bases>>) -> Self {
        self.bases = bases.into();
        self
    }
}

/// Restores a safetensors file, to the byte if one was compressed, or the file that the archive
/// carries as it is; `target` appears whole or not at
/// all.
///
/// # Errors
/// As [`Archive::open_with`] and [`Archive::decode_tensor`]; [`Error::OutputExists`],
/// [`Error::InvalidArgument`] where both are one file; [`Error::BaseNeeded`] where none of the bases has
/// a tensor that it is coded against; [`Error::Changed`] where `source` was changed while it was read; [`Error::Cancelled`] where `progress` says so.
pub fn decompress_file(
    source: impl AsRef<Path>,
    target: impl AsRef<Path>,
    options: &DecompressOptions<'_>,
    progress: &dyn Progress,
) -> Result<Summary> {
    let (source, target) = (source.as_ref(), target.as_ref());
    check_distinct(source, target)?;
    let archive = Archive::open_with(source, &options.limits)?;
    progress.expect(data_len(&archive));
    decompress_open(&archive, target, options, progress)
}

/// Restores every archive in a folder and copies the other files along; the mirror of
/// [`super::compress_folder`].
///
/// Where the folder has a manifest ([`super::MANIFEST`]) every listed file must be there with the
/// listed length and hash, and every file gets its old name back.
///
/// # Errors
/// As [`decompress_file`]; [`Error::Corrupt`] where a file is missing or another;
/// [`Error::InvalidArgument`] where the folder has nothing to decompress.
pub fn decompress_folder(
    source: impl AsRef<Path>,
    target: impl AsRef<Path>,
    options: &DecompressOptions<'_>,
    progress: &dyn Progress,
) -> Result<Summary> {
    let (source, target) = (source.as_ref(), target.as_ref());
    let plan = FolderPlan::to_restore(source, &options.limits)?;
    plan.warn_of_absent_shards(|file| &file.to)?;
    for file in plan.archive_files() {
        let archive = Archive::open_in_folder(source, &file.from, &options.limits)?;
        progress.expect(data_len(&archive));
    }
    let mut output = FolderOutput::create(&plan, target, options.overwrite, false)?;
    for file in &plan.files {
        output.put(file, |from, to| match file.kind {
            FileKind::Archive => {
                let archive = open_listed(file, source, &options.limits)?;
                decompress_open(&archive, to, options, progress)
            }
            FileKind::Copy => {
                let copied = copy_file(from, to, progress)?;
                file.check(from, copied.bytes, copied.hash)?;
                Ok(copied.summary())
            }
        })?;
    }
    output.commit()
}

/// Opens an archive of a folder, which is to be the one that its manifest lists.
pub(super) fn open_listed(file: &PlannedFile, folder: &Path, limits: &Limits) -> Result<Archive> {
    let archive = Archive::open_in_folder(folder, &file.from, limits)?;
    file.check(archive.path(), archive.file_len(), archive.front_hash()?)?;
    Ok(archive)
}

/// The file that an archive was read from, if it is one.
pub(super) fn read_from(archive: &Archive) -> Vec<SourceFile> {
    let identity = archive.identity();
    identity.map(|identity| SourceFile::new(archive.path(), identity)).into_iter().collect()
}

/// Decoded bytes of all tensors.
pub(super) fn data_len(archive: &Archive) -> u64 {
    // Saturating, as lengths that are only claimed may add up to anything.
    archive.tensors().iter().fold(0, |sum: u64, tensor| sum.saturating_add(tensor.byte_len()))
}

/// A blob and what it decodes to, then that alone.
const DECODING: PipelineLimits = PipelineLimits::new(2, 1);
/// The same, and the tensor that it is coded against, with the differences from that.
const DECODING_AGAINST: PipelineLimits = PipelineLimits::new(4, 1);

/// Where the bytes of each tensor begin in the source, whose data begins at `start`.
fn positions(archive: &Archive, start: u64) -> Result<Vec<u64>> {
    let mut positions = reserve(archive.tensors().len() as u64, "the places of tensors")?;
    let mut end = start;
    for tensor in archive.tensors() {
        positions.push(end);
        // The header's data_offsets have been checked.
        end = end.saturating_add(tensor.byte_len());
    }
    Ok(positions)
}

/// A file that is written at positions, most of which follow each other.
struct Output<'a> {
    file: OutputFile,
    target: &'a Path,
    at: u64,
}

impl Output<'_> {
    fn write(&mut self, position: u64, bytes: &[u8]) -> Result<()> {
        let failed = |error| Error::io("write", self.target)(error);
        if self.at != position {
            self.file.seek(SeekFrom::Start(position)).map_err(failed)?;
        }
        self.file.write_all(bytes).map_err(failed)?;
        self.at = position + bytes.len() as u64;
        Ok(())
    }
}

/// Writes the header of the safetensors file, and returns where its data begins.
fn write_header(archive: &Archive, output: &mut Output<'_>) -> Result<u64> {
    let header = archive.source_text();
    output.write(0, &(header.len() as u64).to_le_bytes())?;
    output.write(8, header.as_bytes())?;
    Ok(8 + header.len() as u64)
}

fn decompress_open(
    archive: &Archive,
    target: &Path,
    options: &DecompressOptions<'_>,
    progress: &dyn Progress,
) -> Result<Summary> {
    // Before there is an output: a base that is missing is told before anything is written.
    let blobs = Blobs::new(archive, options.bases)?;
    let attributes = archive.attributes().cloned();
    let file = OutputFile::create(target, options.overwrite, attributes)?;
    let mut output = Output { file, target, at: 0 };
    let data = if archive.is_file_as_is() { 0 } else { write_header(archive, &mut output)? };
    let positions = positions(archive, data)?;
    let buffers = Buffers::default();
    let write = |blob, data: Vec<u8>| {
        for (number, tensor) in blobs.tensors(blob) {
            output.write(positions[number], part(tensor, &data))?;
        }
        buffers.give(data);
        blobs.advance(blob, progress)
    };
    let decode = |blob| blobs.decode(blob, options.decoder, &buffers, progress);
    let limits = if options.bases.is_some() { DECODING_AGAINST } else { DECODING };
    in_order(&blobs.lengths(), limits, decode, write, |_, ()| Ok(()))?;
    let tensor_bytes = data_len(archive);
    let output_bytes = data.saturating_add(tensor_bytes);
    let output = output.file;
    archive.check_unchanged()?;
    output.commit()?;
    Ok(Summary {
        tensors: archive.tensors().len() as u64,
        tensor_bytes,
        input_bytes: archive.file_len(),
        output_bytes,
        converted: read_from(archive),
        ..Summary::default()
    })
}
