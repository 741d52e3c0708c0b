//! safetensors to .wcodec.

use super::against::Against;
use super::buffers::Buffers;
use super::compress_options::CompressOptions;
use super::copy::copy_file;
use super::earlier::Earlier;
use super::folder::{FileKind, FolderManifest, FolderOutput, FolderPlan};
use super::names::name_to_store;
use super::pipeline::{Limits, in_order};
use super::sharing::{InFolder, MOST_SHARED, storage_plan};
use super::source::{open, open_or_as_is};
use super::{Progress, SourceFile, Summary, check_distinct};
use crate::container::{ArchiveWriter, ContentHash, Finished, StoragePlan, TensorSpec};
use crate::delta::Delta;
use crate::entry_name;
use crate::memory::{reserve, resize};
use crate::output::OutputFile;
use crate::progress::proceed;
use crate::safetensors_file::SafetensorsFile;
use crate::{Blob, Decoder, DeviceChoice, Error, Result, TensorView};
use std::ops::Range;
use std::path::Path;

/// Compresses a safetensors file, or with [`CompressOptions::as_is`] any file; `target` appears whole
/// or not at all.
///
/// # Errors
/// As [`SafetensorsFile::open`] where `source` is at fault; [`Error::OutputExists`],
/// [`Error::InvalidArgument`] where both are one file, [`Error::Io`], [`Error::OutOfMemory`];
/// [`Error::Changed`] where `source` was changed while it was read; [`Error::Corrupt`] where a
/// tensor does not decode to the bytes that were read; [`Error::Cancelled`] where `progress` says so.
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
/// As [`compress_file`], but for what is in a safetensors file; [`Error::InvalidArgument`] where the
/// folder holds none, or all is compressed already.
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
            Against::find(bases, input, decoder, &options.encoder, MOST_SHARED, own, progress)
        };
        bases.map(find).transpose()
    };
    let (plan, against) = storage_plan(input, folder, in_bases, progress)?;
    let compressor = Compressor { against, ..Compressor::new(input, options, progress, &plan) };
    compressor.advance_over_duplicates()?;
    let mut writer = ArchiveWriter::of_file(output, target, manifest, name, plan.clone())?;
    in_order(
        &compressor.lengths,
        if options.bases.is_some() { COMPRESSING_AGAINST } else { COMPRESSING },
        |blob| compressor.encode(blob),
        |blob, encoded| compressor.write(blob, encoded, &mut writer),
        |blob, written| compressor.verify(blob, written),
    )?;
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

/// A tensor, its blob and the blob's parts before they are joined; then the blob and the decoded
/// tensor.
const COMPRESSING: Limits = Limits::new(3, 2);
/// The same, and the tensor's reference and differences.
const COMPRESSING_AGAINST: Limits = Limits::new(5, 4);

/// A file being compressed.
struct Compressor<'a> {
    input: &'a SafetensorsFile,
    options: &'a CompressOptions<'a>,
    progress: &'a dyn Progress,
    plan: &'a StoragePlan,
    /// The tensors that bases have.
    against: Option<Against<'a>>,
    /// Decoded bytes of each blob.
    lengths: Vec<u64>,
    /// For tensors, and for blobs.
    buffers: Buffers,
    blobs: Buffers,
}

/// A blob, as it was encoded or as it was written, and the hashes of the tensors in it.
struct Encoded {
    blob: Vec<u8>,
    /// True if it is a delta against a tensor of a base.
    is_delta: bool,
    hashes: Vec<ContentHash>,
}

impl<'a> Compressor<'a> {
    fn new(
        input: &'a SafetensorsFile,
        options: &'a CompressOptions<'a>,
        progress: &'a dyn Progress,
        plan: &'a StoragePlan,
    ) -> Self {
        let members = |blob| plan.members(blob).iter();
        let len = |blob| members(blob).map(|&member| input.tensor_len(member as usize)).sum();
        let lengths = (0..plan.blobs()).map(len).collect();
        let [buffers, blobs] = [(); 2].map(|()| Buffers::default());
        Self { input, options, progress, plan, against: None, lengths, buffers, blobs }
    }

    /// Tells of the tensors that are not stored again that they are done.
    fn advance_over_duplicates(&self) -> Result<()> {
        let stored: u64 = self.lengths.iter().sum();
        match self.input.data_len() - stored {
            0 => Ok(()),
            bytes => proceed(self.progress.advance(bytes)),
        }
    }

    fn encode(&self, blob: usize) -> Result<Encoded> {
        let mut data = self.buffers.take(self.lengths[blob]);
        let hashes = self.read(blob, &mut data)?;
        let first = self.spec(self.first(blob));
        let shape = match self.plan.members(blob) {
            [_] => first.shape.try_to_vec()?,
            // One after another, whose elements end on a byte.
            _ => vec![self.lengths[blob] * 8 / first.dtype.bitsize() as u64],
        };
        let view = TensorView::new(first.dtype, &shape, &data)?;
        let mut encoded = self.blobs.take_up_to(self.lengths[blob]);
        let encoder = &self.options.encoder;
        let result = match &self.against {
            Some(against) => against.encode(self.first(blob), &view, encoder, &mut encoded),
            None => encoder.encode_into(&view, &mut encoded).map(|()| false),
        };
        let is_delta = result.map_err(|error| error.within(&self.place(self.first(blob))))?;
        self.buffers.give(data);
        Ok(Encoded { blob: encoded, is_delta, hashes })
    }

    /// Reads the tensors of a blob one after another, and returns their hashes.
    fn read(&self, blob: usize, data: &mut Vec<u8>) -> Result<Vec<ContentHash>> {
        resize(data, self.lengths[blob], "tensors")?;
        let mut hashes = reserve(self.plan.members(blob).len() as u64, "the hashes of tensors")?;
        for (number, range) in self.parts(blob) {
            proceed(self.progress.tensor(self.input.path(), &self.spec(number).name))?;
            let part = &mut data[range];
            self.input.read_part(number, 0, part)?;
            hashes.push(ContentHash::of(part));
        }
        Ok(hashes)
    }

    /// The tensors of a blob, and where each lies in it.
    fn parts(&self, blob: usize) -> impl Iterator<Item = (usize, Range<usize>)> {
        let mut end = 0;
        self.plan.members(blob).iter().map(move |&member| {
            let start = end;
            end += self.input.tensor_len(member as usize) as usize;
            (member as usize, start..end)
        })
    }

    /// Appends a blob to the file, and reads it again if it is to be verified.
    fn write(
        &self,
        number: usize,
        mut encoded: Encoded,
        writer: &mut ArchiveWriter<OutputFile>,
    ) -> Result<Encoded> {
        let Encoded { blob, is_delta, hashes } = &mut encoded;
        let summary = match is_delta {
            true => {
                writer.append_shared(blob, hashes)?;
                Delta::parse(blob)?.summary().to_string()
            }
            false => {
                writer.append_alone(blob, hashes)?;
                Blob::parse(blob)?.summary().to_string()
            }
        };
        let (tensor, bytes) = (&self.spec(self.first(number)).name, self.lengths[number]);
        let tensors = hashes.len();
        tracing::debug!(tensor, tensors, bytes, blob = blob.len(), %summary);
        if self.options.verify.is_some() {
            writer.read_back(blob)?;
        }
        Ok(encoded)
    }

    /// Decodes the tensors of a blob from what was read back.
    fn verify(&self, blob: usize, written: Encoded) -> Result<()> {
        let len = self.lengths[blob];
        if let Some(decoder) = self.options.verify {
            let mut data = self.buffers.take(len);
            resize(&mut data, len, "decoded tensors")?;
            self.check(blob, &written, decoder, &mut data)?;
            self.buffers.give(data);
        }
        self.blobs.give(written.blob);
        proceed(self.progress.advance(len))
    }

    fn check(
        &self,
        number: usize,
        written: &Encoded,
        decoder: &Decoder,
        data: &mut [u8],
    ) -> Result<()> {
        let place = self.place(self.first(number));
        let decoded = self.decode(number, written, decoder, data);
        if decoded.map_err(|error| error.within(&place))? {
            let mut parts = self.parts(number).zip(&written.hashes);
            if parts.all(|((_, range), hash)| ContentHash::of(&data[range]) == *hash) {
                return Ok(());
            }
        }
        let reason = "as written it does not decode to what was read: nothing was kept, check the \
            machine's memory and disk, and report it if it happens again";
        Err(Error::corrupt(place, reason))
    }

    /// Decodes a blob that was written, unless it has another length.
    fn decode(
        &self,
        number: usize,
        written: &Encoded,
        decoder: &Decoder,
        data: &mut [u8],
    ) -> Result<bool> {
        if let Some(against) = self.against.as_ref().filter(|_| written.is_delta) {
            let delta = Delta::parse(&written.blob)?;
            let has_length = delta.byte_len() == data.len() as u64;
            if has_length {
                against.decode(self.first(number), &delta, decoder, data)?;
            }
            return Ok(has_length);
        }
        let blob = Blob::parse(&written.blob)?;
        let has_length = blob.byte_len() == data.len() as u64;
        if has_length {
            decoder.decode(&blob, data)?;
        }
        Ok(has_length)
    }

    /// The first tensor of a blob.
    fn first(&self, blob: usize) -> usize {
        self.plan.members(blob)[0] as usize
    }

    fn spec(&self, number: usize) -> &TensorSpec {
        &self.input.manifest().tensors[number]
    }

    fn place(&self, number: usize) -> String {
        format!("tensor {:?} of {}", self.spec(number).name, self.input.path().display())
    }
}
