//! The blobs of one file: read, encoded, written and, if that is wanted, decoded again.

use super::Progress;
use super::against::Against;
use super::buffers::Buffers;
use super::compress_options::CompressOptions;
use super::pipeline::{Limits, in_order};
use crate::container::{ArchiveWriter, ContentHash, StoragePlan, TensorSpec};
use crate::delta::Delta;
use crate::memory::{reserve, resize};
use crate::output::OutputFile;
use crate::progress::proceed;
use crate::safetensors_file::SafetensorsFile;
use crate::{Blob, Decoder, Error, Result, TensorView};
use std::ops::Range;

/// A tensor, its blob and the blob's parts before they are joined; then the blob and the decoded
/// tensor.
const COMPRESSING: Limits = Limits::new(3, 2);
/// The same, and the tensor's reference and differences.
const COMPRESSING_AGAINST: Limits = Limits::new(5, 4);

/// A file being compressed.
pub(super) struct Compressor<'a> {
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
    pub(super) fn new(
        input: &'a SafetensorsFile,
        options: &'a CompressOptions<'a>,
        plan: &'a StoragePlan,
        against: Option<Against<'a>>,
        progress: &'a dyn Progress,
    ) -> Self {
        let members = |blob| plan.members(blob).iter();
        let len = |blob| members(blob).map(|&member| input.tensor_len(member as usize)).sum();
        let lengths = (0..plan.blobs()).map(len).collect();
        let [buffers, blobs] = [(); 2].map(|()| Buffers::default());
        Self { input, options, progress, plan, against, lengths, buffers, blobs }
    }

    /// Appends all blobs to the file, in order, several of them being worked on at a time.
    pub(super) fn write_all(&self, writer: &mut ArchiveWriter<OutputFile>) -> Result<()> {
        self.advance_over_duplicates()?;
        let against_bases = self.options.bases.is_some();
        in_order(
            &self.lengths,
            if against_bases { COMPRESSING_AGAINST } else { COMPRESSING },
            |blob| self.encode(blob),
            |blob, encoded| self.write(blob, encoded, writer),
            |blob, written| self.verify(blob, written),
        )
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
