//! safetensors to .wcodec.

use super::folder::{FolderPlan, convert_folder};
use super::{Progress, SAFETENSORS, Summary, WCODEC, check_distinct};
use crate::container::{Archive, ArchiveWriter, ContentHash, TensorSpec};
use crate::decode::BlobSummary;
use crate::output::OutputFile;
use crate::safetensors_file::SafetensorsFile;
use crate::{Blob, Decoder, Encoder, Error, Result, TensorView};
use std::path::Path;

/// How to compress.
#[derive(Debug, Clone, Default)]
pub struct CompressOptions<'a> {
    /// The encoder.
    pub encoder: Encoder,
    /// What decodes every tensor again, from the file as written, before the file gets its name; `None` trusts.
    pub verify: Option<&'a Decoder>,
    /// Whether an existing target is replaced.
    pub overwrite: bool,
}

/// Compresses a safetensors file; `target` appears whole or not at all.
///
/// # Errors
/// As [`SafetensorsFile::open`] where `source` is at fault; [`Error::OutputExists`],
/// [`Error::InvalidArgument`] where both are one file, [`Error::Io`], [`Error::OutOfMemory`];
/// [`Error::Corrupt`] where a tensor does not decode to what was read.
pub fn compress_file(
    source: &Path,
    target: &Path,
    options: &CompressOptions<'_>,
    progress: &dyn Progress,
) -> Result<Summary> {
    check_distinct(source, target)?;
    let input = SafetensorsFile::open(source)?;
    progress.expect(input.data_len());
    compress_open(&input, target, options, progress)
}

/// Compresses every safetensors file in a folder and copies the other files along; `target` appears whole or
/// not at all. Hidden folders and links to folders are left out.
///
/// # Errors
/// As [`compress_file`]; [`Error::InvalidArgument`] where there is nothing to compress, or something that the way
/// back would mistake for an archive.
pub fn compress_folder(
    source: &Path,
    target: &Path,
    options: &CompressOptions<'_>,
    progress: &dyn Progress,
) -> Result<Summary> {
    let plan = FolderPlan::new(source, SAFETENSORS, WCODEC)?;
    // All headers first: a bad shard is found now, not after hours.
    for file in plan.sources() {
        progress.expect(SafetensorsFile::open(file)?.data_len());
    }
    convert_folder(&plan, target, options.overwrite, |file, target| {
        compress_open(&SafetensorsFile::open(file)?, target, options, progress)
    })
}

fn compress_open(
    input: &SafetensorsFile,
    target: &Path,
    options: &CompressOptions<'_>,
    progress: &dyn Progress,
) -> Result<Summary> {
    let output = OutputFile::create(target, options.overwrite, Some(input.permissions().clone()))?;
    let writer = ArchiveWriter::new(output, target, input.manifest().clone())?;
    let mut compressor = Compressor { input, options, writer, data: Vec::new(), blob: Vec::new() };
    for (index, spec) in input.manifest().tensors.iter().enumerate() {
        progress.tensor(input.path(), &spec.name);
        compressor.tensor(index, spec)?;
        progress.advance(compressor.data.len() as u64);
    }
    let output = compressor.writer.finish()?;
    let output_bytes = Archive::open(output.temporary_path())?.file_len();
    output.commit()?;
    Ok(Summary {
        tensors: input.manifest().tensors.len() as u64,
        tensor_bytes: input.data_len(),
        input_bytes: input.file_len(),
        output_bytes,
        converted: vec![input.path().to_path_buf()],
        copied: Vec::new(),
    })
}

/// A file being compressed, with the buffers that its tensors share.
struct Compressor<'a> {
    input: &'a SafetensorsFile,
    options: &'a CompressOptions<'a>,
    writer: ArchiveWriter<OutputFile>,
    data: Vec<u8>,
    blob: Vec<u8>,
}

impl Compressor<'_> {
    fn tensor(&mut self, index: usize, spec: &TensorSpec) -> Result<()> {
        self.input.read_tensor(index, &mut self.data)?;
        let hash = ContentHash::of(&self.data);
        let blob = self.encode(spec).map_err(|error| error.within(&self.place(spec)))?;
        let summary = describe(&Blob::parse(&blob)?.summary());
        self.writer.append(&blob, hash, &summary)?;
        tracing::debug!(tensor = spec.name, bytes = self.data.len(), blob = blob.len(), %summary);
        drop(blob);
        match self.options.verify {
            Some(decoder) => self.verify(index, spec, hash, decoder),
            None => Ok(()),
        }
    }

    fn encode(&self, spec: &TensorSpec) -> Result<Vec<u8>> {
        let view = TensorView::new(spec.dtype, &spec.shape, &self.data)?;
        self.options.encoder.encode(&view)
    }

    /// Decodes the tensor from the file, over the data that it was made from.
    fn verify(
        &mut self,
        index: usize,
        spec: &TensorSpec,
        expected: ContentHash,
        decoder: &Decoder,
    ) -> Result<()> {
        self.writer.read_back(index, &mut self.blob)?;
        let blob = Blob::parse(&self.blob).map_err(|error| error.within(&self.place(spec)))?;
        let place = self.place(spec);
        if blob.byte_len() == self.data.len() as u64 {
            decoder.decode(&blob, &mut self.data).map_err(|error| error.within(&place))?;
            if ContentHash::of(&self.data) == expected {
                return Ok(());
            }
        }
        let reason = "as written it does not decode to what was read: nothing was kept, check the \
            machine's memory and disk, and report it if it happens again";
        Err(Error::corrupt(place, reason))
    }

    fn place(&self, spec: &TensorSpec) -> String {
        format!("tensor {:?} of {}", spec.name, self.input.path().display())
    }
}

/// The archive's summary of how a tensor is coded.
fn describe(blob: &BlobSummary) -> String {
    let (codec, split) = (blob.codec, blob.split);
    match blob.prob_bits.len() {
        0 => format!("{codec:?} of {split:?}"),
        tables => format!("{codec:?} of {split:?}, {} states, {tables} tables", blob.states),
    }
}
