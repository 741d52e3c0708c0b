//! Writing an archive front to back.

use super::header::{Entry, Header};
use super::preamble::Preamble;
use super::{ContentHash, Limits, MAX_CODEC_SUMMARY, Manifest, align, limits};
use crate::output::OutputFile;
use crate::{Error, Result};
use std::io::{BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Writes an archive blob by blob; memory does not grow with the file.
///
/// Room for the header is left at the front, for its numbers at their widest, and filled at the end. The
/// same calls write the same bytes.
///
/// # Examples
/// ```no_run
/// use wcodec::container::{ArchiveWriter, ContentHash, Manifest, TensorSpec};
/// use wcodec::{Dtype, Encoder, TensorView};
///
/// # fn main() -> wcodec::Result<()> {
/// let spec = TensorSpec { name: "bias".into(), dtype: Dtype::F32, shape: vec![4] };
/// let data = [0; 16];
/// let blob = Encoder::new().encode(&TensorView::new(spec.dtype, &spec.shape, &data)?)?;
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
    manifest: Manifest,
    written: Vec<Written>,
    header_len: usize,
    end: u64,
}

/// What became known of a tensor by writing it.
#[derive(Debug)]
struct Written {
    offset: u64,
    length: u64,
    crc32c: u32,
    xxh3: ContentHash,
    codec: String,
}

impl ArchiveWriter<OutputFile> {
    /// An archive that appears at `target` when what [`ArchiveWriter::finish`] returns is committed.
    ///
    /// # Errors
    /// As [`ArchiveWriter::new`] and [`OutputFile::create`]; [`Error::OutputExists`] where `target` does.
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
    /// An archive of these tensors, written to `out` from its byte 0 on; `path` is for the messages.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] as [`Manifest::check`], [`Error::LimitExceeded`] where the archive would exceed
    /// the default [`Limits`], [`Error::Io`] where `out` cannot be written.
    pub fn new(out: W, path: &Path, manifest: Manifest) -> Result<Self> {
        let header_len = check_manifest(&manifest, path)?;
        let end = Preamble::LEN + header_len as u64;
        let (out, path) = (BufWriter::with_capacity(1 << 16, out), path.to_path_buf());
        let written = Vec::with_capacity(manifest.tensors.len());
        let mut writer = Self { out, path, manifest, written, header_len, end: 0 };
        writer.write_zeros(end)?;
        Ok(writer)
    }

    /// Writes the blob of the next tensor; `decoded` is the hash of the tensor's bytes, `codec` a summary for people.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] where every tensor is written already or the summary is not
    /// [`MAX_CODEC_SUMMARY`] plain ASCII characters, [`Error::Io`] where writing fails.
    pub fn append(&mut self, blob: &[u8], decoded: ContentHash, codec: &str) -> Result<()> {
        if self.written.len() == self.manifest.tensors.len() {
            let count = self.written.len();
            return Err(Error::InvalidArgument(format!("all {count} tensors are written already")));
        }
        check_summary(codec)?;
        let offset = align(self.end).ok_or_else(too_long)?;
        let length = blob.len() as u64;
        let end = offset.checked_add(length).ok_or_else(too_long)?;
        self.write_zeros(offset - self.end)?;
        self.out.write_all(blob).map_err(Error::io("write", &self.path))?;
        self.end = end;
        let (crc32c, codec) = (crc32c::crc32c(blob), codec.to_owned());
        self.written.push(Written { offset, length, crc32c, xxh3: decoded, codec });
        Ok(())
    }

    /// Writes the header and the preamble, and hands back what was written to.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] where a tensor is missing, [`Error::Io`] where writing fails.
    pub fn finish(mut self) -> Result<W> {
        if let Some(missing) = self.manifest.tensors.get(self.written.len()) {
            let name = &missing.name;
            return Err(Error::InvalidArgument(format!("tensor {name:?} has not been written")));
        }
        let header = self.header_bytes()?;
        let preamble = Preamble::new(&header, self.end).to_bytes();
        let failed = |error| Error::io("write", &self.path)(error);
        self.out.seek(SeekFrom::Start(0)).map_err(failed)?;
        self.out.write_all(&preamble).map_err(failed)?;
        self.out.write_all(&header).map_err(failed)?;
        self.out.into_inner().map_err(|error| Error::io("write", &self.path)(error.into_error()))
    }

    fn write_zeros(&mut self, count: u64) -> Result<()> {
        std::io::copy(&mut std::io::Read::take(std::io::repeat(0), count), &mut self.out)
            .map_err(Error::io("write", &self.path))?;
        self.end += count;
        Ok(())
    }

    fn header_bytes(&self) -> Result<Vec<u8>> {
        let entries = self.manifest.tensors.iter().zip(&self.written);
        let entries = entries.map(|(spec, written)| Entry {
            name: spec.name.as_str().into(),
            dtype: spec.dtype,
            shape: spec.shape.as_slice().into(),
            codec: written.codec.as_str().into(),
            offset: written.offset,
            length: written.length,
            crc32c: written.crc32c,
            xxh3: written.xxh3,
        });
        let mut bytes = to_json(&Header::new(&self.manifest, entries.collect()), &self.path)?;
        bytes.resize(self.header_len, b' ');
        Ok(bytes)
    }
}

/// Checks that an archive of this manifest can be written and read again, and gives the length of
/// its header with every number at its widest; `path` is for the messages.
///
/// # Errors
/// As [`ArchiveWriter::new`].
pub(crate) fn check_manifest(manifest: &Manifest, path: &Path) -> Result<usize> {
    manifest.check()?;
    let (place, limits) = (path.display().to_string(), Limits::default());
    limits.check_manifest(manifest, &place)?;
    let length = widest_header(manifest, path)?;
    limits::check(&place, HEADER_LEN, length, limits.header_bytes)?;
    Ok(length as usize)
}

const HEADER_LEN: &str = "the length in bytes of the header that the archive would have (with the \
    tensors in several files each has a shorter one)";

fn widest_header(manifest: &Manifest, path: &Path) -> Result<u64> {
    let summary = "x".repeat(MAX_CODEC_SUMMARY);
    let entries = manifest.tensors.iter().map(|spec| Entry {
        name: spec.name.as_str().into(),
        dtype: spec.dtype,
        shape: spec.shape.as_slice().into(),
        codec: summary.as_str().into(),
        offset: u64::MAX,
        length: u64::MAX,
        crc32c: u32::MAX,
        xxh3: ContentHash::of(&[]),
    });
    let mut length = Length(0);
    serde_json::to_writer(&mut length, &Header::new(manifest, entries.collect()))
        .map_err(|error| Error::io("write", path)(error.into()))?;
    Ok(length.0)
}

/// Counts what is written.
struct Length(u64);

impl Write for Length {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn to_json(header: &Header<'_>, path: &Path) -> Result<Vec<u8>> {
    serde_json::to_vec(header).map_err(|error| Error::io("write", path)(error.into()))
}

/// Characters that JSON does not escape, so that the room reserved for a summary holds it.
fn check_summary(codec: &str) -> Result<()> {
    let plain = |byte: u8| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\';
    if codec.len() <= MAX_CODEC_SUMMARY && codec.bytes().all(plain) {
        return Ok(());
    }
    Err(Error::InvalidArgument(format!(
        "a codec summary has at most {MAX_CODEC_SUMMARY} plain ASCII characters, {codec:?} has not"
    )))
}

fn too_long() -> Error {
    Error::InvalidArgument("the archive would be longer than 2^64 bytes".to_owned())
}
