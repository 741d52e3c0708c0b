//! Writing an archive front to back.

use super::check_manifest::check_file_name;
use super::header::{Entry, Header};
use super::preamble::Preamble;
use super::summaries::Summaries;
use super::summed::Summed;
use super::{ContentHash, Limits, MAX_CODEC_SUMMARY, Manifest, TensorSpec, align, limits};
use crate::json::JsonLength;
use crate::memory::reserve;
use crate::output::OutputFile;
use crate::{Error, Result};
use serde::Serialize;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Writes an archive blob by blob; memory does not grow with the file.
///
/// Room for the header is left at the front, for its numbers at their widest, and filled at the
/// end. The same calls write the same bytes.
///
/// # Examples
/// ```no_run
/// use wcodec::container::{ArchiveWriter, ContentHash, Manifest, TensorSpec};
/// use wcodec::{Dtype, Encoder, TensorView};
///
/// # fn main() -> wcodec::Result<()> {
/// let spec = TensorSpec { name: "bias".into(), dtype: Dtype::F32, shape: [4].into() };
/// let data = [0; 16];
/// let blob = Encoder::new().encode(&TensorView::new(spec.dtype, &[4], &data)?)?;
///
/// let manifest = Manifest { tensors: vec![spec.clone()], ..Manifest::default() };
/// let mut writer = ArchiveWriter::create("model.wcodec".as_ref(), manifest)?;
/// writer.append(&blob, ContentHash::of(&data), "Const")?;
/// writer.finish()?.commit()
/// # }
/// ```
#[derive(Debug)]
pub struct ArchiveWriter<W: Write + Seek> {
    out: BufWriter<W>,
    path: PathBuf,
    manifest: Arc<Manifest>,
    /// In place of the manifest's.
    file_name: Option<String>,
    written: Vec<Written>,
    summaries: Summaries,
    header_len: u64,
    end: u64,
}

/// A file that is written, and what became of it.
#[derive(Debug)]
pub(crate) struct Finished<W> {
    pub out: W,
    /// The XXH3-64 of the preamble and the header.
    pub front_hash: ContentHash,
    pub file_len: u64,
}

/// The facts about a tensor that writing it determined.
#[derive(Debug)]
struct Written {
    offset: u64,
    length: u64,
    crc32c: u32,
    xxh3: ContentHash,
    /// Its number in the summaries.
    codec: u32,
}

impl ArchiveWriter<OutputFile> {
    /// An archive that appears at `target` when what [`ArchiveWriter::finish`] returns is
    /// committed.
    ///
    /// # Errors
    /// As [`ArchiveWriter::new`]; [`Error::OutputExists`] if `target` exists; [`Error::Io`] if no file
    /// can be created beside it.
    pub fn create(target: &Path, manifest: Manifest) -> Result<Self> {
        Self::new(OutputFile::create(target, false, None)?, target, manifest)
    }

    /// Reads into `blob` again what tensor `index` was written as.
    pub(crate) fn read_back(&mut self, index: usize, blob: &mut Vec<u8>) -> Result<()> {
        self.out.flush().map_err(Error::io("write", &self.path))?;
        let written = &self.written[index];
        crate::memory::resize(blob, written.length, "a compressed tensor")?;
        self.out.get_ref().read_exact_at(blob, written.offset)
    }
}

impl<W: Write + Seek> ArchiveWriter<W> {
    /// An archive of these tensors, written to `out` from its byte 0 on; `path` is for the
    /// messages.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] as [`Manifest::check`], [`Error::LimitExceeded`] where the
    /// archive would exceed the default [`Limits`], [`Error::Io`] where `out` cannot be written.
    pub fn new(out: W, path: &Path, manifest: Manifest) -> Result<Self> {
        let file_name = manifest.file_name.clone();
        Self::of_file(out, path, Arc::new(manifest), file_name)
    }

    /// The same for a manifest that others have as well, of a source whose file has this name.
    pub(crate) fn of_file(
        out: W,
        path: &Path,
        manifest: Arc<Manifest>,
        file_name: Option<String>,
    ) -> Result<Self> {
        let header_len = check_manifest(&manifest, file_name.as_deref(), path)?;
        let (out, path) = (BufWriter::with_capacity(1 << 16, out), path.to_path_buf());
        let written = reserve(manifest.tensors.len() as u64, "the tensors of an archive")?;
        let summaries = Summaries::default();
        let mut writer =
            Self { out, path, manifest, file_name, written, summaries, header_len, end: 0 };
        writer.write_zeros(Preamble::LEN + header_len)?;
        Ok(writer)
    }

    /// Writes the blob of the next tensor; `decoded` is the hash of the tensor's bytes, `codec` a
    /// summary for people.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] where every tensor is written already or the summary is not
    /// [`MAX_CODEC_SUMMARY`] plain ASCII characters, [`Error::Io`] where writing fails.
    pub fn append(&mut self, blob: &[u8], decoded: ContentHash, codec: &str) -> Result<()> {
        if self.written.len() == self.manifest.tensors.len() {
            let count = self.written.len();
            return Err(Error::InvalidArgument(format!("all {count} tensors are written already")));
        }
        let codec = self.summaries.number(codec)?;
        let offset = align(self.end).ok_or_else(too_long)?;
        let length = blob.len() as u64;
        let end = offset.checked_add(length).ok_or_else(too_long)?;
        self.write_zeros(offset - self.end)?;
        self.out.write_all(blob).map_err(Error::io("write", &self.path))?;
        self.end = end;
        let crc32c = crc32c::crc32c(blob);
        self.written.push(Written { offset, length, crc32c, xxh3: decoded, codec });
        Ok(())
    }

    /// Writes the header and the preamble, and returns the output.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] where a tensor is missing, [`Error::Io`] where writing fails.
    pub fn finish(self) -> Result<W> {
        Ok(self.finish_summed()?.out)
    }

    /// As [`ArchiveWriter::finish`]; returns the sizes and the hash of the front as well.
    pub(crate) fn finish_summed(self) -> Result<Finished<W>> {
        if let Some(missing) = self.manifest.tensors.get(self.written.len()) {
            let name = &missing.name;
            return Err(Error::InvalidArgument(format!("tensor {name:?} has not been written")));
        }
        let Self { mut out, path, manifest, file_name, written, summaries, header_len, end } = self;
        let failed = |error| Error::io("write", &path)(error);
        let entries = manifest.tensors.iter().zip(&written);
        let entries = entries.map(|(spec, written)| written.entry(spec, &summaries));
        let header = Header::new(&manifest, file_name.as_deref(), entries);
        // Twice, so that it is not kept: the preamble, which comes before it, has its checksum.
        let mut summed = Summed::new(io::sink());
        write_padded(&header, header_len, &mut summed).map_err(failed)?;
        let preamble = Preamble::new(header_len, summed.crc32c, end).to_bytes();
        out.seek(SeekFrom::Start(0)).map_err(failed)?;
        let mut front = Summed::new(&mut out);
        front.write_all(&preamble).map_err(failed)?;
        write_padded(&header, header_len, &mut front).map_err(failed)?;
        let front_hash = front.hasher.finish();
        let out = out.into_inner().map_err(|error| failed(error.into_error()))?;
        Ok(Finished { out, front_hash, file_len: end })
    }

    fn write_zeros(&mut self, count: u64) -> Result<()> {
        std::io::copy(&mut std::io::Read::take(std::io::repeat(0), count), &mut self.out)
            .map_err(Error::io("write", &self.path))?;
        self.end += count;
        Ok(())
    }
}

impl Written {
    /// The entry of the header for a tensor.
    fn entry<'a>(&self, spec: &'a TensorSpec, summaries: &'a Summaries) -> Entry<'a> {
        let &Self { offset, length, crc32c, xxh3, codec } = self;
        let TensorSpec { name, dtype, shape } = spec;
        let codec = summaries.text(codec);
        Entry { name, dtype: *dtype, shape, codec, offset, length, crc32c, xxh3 }
    }
}

/// Writes a header, and the spaces that make it `length` bytes long.
fn write_padded<W: Write>(
    header: &impl Serialize,
    length: u64,
    out: &mut Summed<W>,
) -> io::Result<()> {
    let start = out.bytes;
    serde_json::to_writer(&mut *out, header)?;
    let padding = length - (out.bytes - start);
    io::copy(&mut io::repeat(b' ').take(padding), out).map(drop)
}

/// Checks that an archive of this manifest, and this name of the source's file, can be written and
/// read again, and returns the length of its header with every number at its widest; `path` is for
/// the messages.
///
/// # Errors
/// As [`ArchiveWriter::new`].
pub(crate) fn check_manifest(
    manifest: &Manifest,
    file_name: Option<&str>,
    path: &Path,
) -> Result<u64> {
    let (place, limits) = (path.display().to_string(), Limits::default());
    limits.check_manifest(manifest, &place)?;
    manifest.check()?;
    check_file_name(file_name)?;
    let length = widest_header(manifest, file_name, path)?;
    limits::check(&place, HEADER_LEN, length, limits.header_bytes)?;
    Ok(length)
}

const HEADER_LEN: &str = "the length in bytes of the header that the archive would have (with the \
    tensors in several files each has a shorter one)";

fn widest_header(manifest: &Manifest, file_name: Option<&str>, path: &Path) -> Result<u64> {
    let mut summaries = Summaries::default();
    let codec = summaries.number(&"x".repeat(MAX_CODEC_SUMMARY))?;
    let (offset, crc32c, xxh3) = (u64::MAX, u32::MAX, ContentHash::of(&[]));
    let widest = Written { offset, length: u64::MAX, crc32c, xxh3, codec };
    let entries = manifest.tensors.iter().map(|spec| widest.entry(spec, &summaries));
    let header = Header::new(manifest, file_name, entries);
    let mut length = JsonLength::default();
    serde_json::to_writer(&mut length, &header)
        .map_err(|error| Error::io("write", path)(error.into()))?;
    Ok(length.bytes())
}

fn too_long() -> Error {
    Error::InvalidArgument("the archive would be longer than 2^64 bytes".to_owned())
}
