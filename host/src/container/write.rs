//! Writing an archive front to back.

mod check;

pub(crate) use check::check_manifest;

use super::header::{BlobSums, Header, StoredHeader};
use super::preamble::Preamble;
use super::{ContentHash, ContentHasher, Manifest, StoragePlan, TensorReference};
use crate::format::{BASES_MINOR_VERSION, BlobHeader, MAJOR_VERSION, MINOR_VERSION};
use crate::memory::reserve;
use crate::output::OutputFile;
use crate::{Error, Result};
use check::check_header;
use std::io::{BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Writes an archive blob by blob; memory does not grow with the file.
///
/// The header follows the blobs, and the preamble before them is filled at the end. The same calls
/// write the same bytes.
///
/// # Examples
/// ```no_run
/// use wcodec::container::{ArchiveWriter, ContentHash, Manifest, TensorSpec};
/// use wcodec::{Dtype, Encoder, TensorView};
///
/// # fn main() -> wcodec::Result<()> {
/// let spec = TensorSpec::new("bias", Dtype::F32, [4]);
/// let data = [0; 16];
/// let blob = Encoder::new().encode(&TensorView::new(spec.dtype, &[4], &data)?)?;
///
/// let manifest = Manifest::new(vec![spec.clone()]);
/// let mut writer = ArchiveWriter::create("model.wcodec", manifest)?;
/// writer.append(&blob, ContentHash::of(&data))?;
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
    plan: StoragePlan,
    written: Vec<BlobSums>,
    /// Of each tensor, as far as it was written.
    hashes: Vec<ContentHash>,
    end: u64,
    /// The least minor version of a file with the blobs so far.
    minor: u16,
}

/// A file that is written, and what became of it.
#[derive(Debug)]
pub(crate) struct Finished<W> {
    pub out: W,
    /// The XXH3-64 of the preamble, the header and the sums.
    pub front_hash: ContentHash,
    pub file_len: u64,
    /// Of each tensor that lies in a blob alone, with its number.
    pub hashes: Vec<(u32, ContentHash)>,
}

impl ArchiveWriter<OutputFile> {
    /// An archive that appears at `target` when what [`ArchiveWriter::finish`] returns is
    /// committed.
    ///
    /// # Errors
    /// As [`ArchiveWriter::new`]; [`Error::OutputExists`] if `target` exists; [`Error::Io`] if no file
    /// can be created beside it.
    pub fn create(target: impl AsRef<Path>, manifest: Manifest) -> Result<Self> {
        let target = target.as_ref();
        Self::new(OutputFile::create(target, false, None)?, target, manifest)
    }

    /// As [`ArchiveWriter::create`], in place of a file that is at `target` already.
    ///
    /// # Errors
    /// As [`ArchiveWriter::new`]; [`Error::Io`] if no file can be created beside `target`.
    pub fn replace(target: impl AsRef<Path>, manifest: Manifest) -> Result<Self> {
        let target = target.as_ref();
        Self::new(OutputFile::create(target, true, None)?, target, manifest)
    }

    /// Reads into `blob` again what was appended last, of which it has the length.
    pub(crate) fn read_back(&mut self, blob: &mut [u8]) -> Result<()> {
        self.out.flush().map_err(Error::io("write", &self.path))?;
        self.out.get_ref().read_exact_at(blob, self.end - blob.len() as u64)
    }
}

impl<W: Write + Seek> ArchiveWriter<W> {
    /// An archive of these tensors, written to `out` from its byte 0 on; `path` is for the
    /// messages.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] as [`Manifest::check`], [`Error::LimitExceeded`] where the
    /// archive would exceed the default [`super::Limits`], [`Error::Io`] where `out` cannot be written.
    pub fn new(out: W, path: impl AsRef<Path>, manifest: Manifest) -> Result<Self> {
        let file_name = manifest.file_name.clone();
        let plan = StoragePlan::of_each(manifest.tensors.len())?;
        Self::of_file(out, path.as_ref(), Arc::new(manifest), file_name, plan)
    }

    /// The same for a manifest that others have as well, of a source whose file has this name, with
    /// the tensors stored as planned.
    pub(crate) fn of_file(
        out: W,
        path: &Path,
        manifest: Arc<Manifest>,
        file_name: Option<String>,
        plan: StoragePlan,
    ) -> Result<Self> {
        let longest = check_manifest(&manifest, file_name.as_deref(), path)?;
        let references = plan.bases().count() * TensorReference::LEN;
        check_header(longest + references as u64, path)?;
        let (out, path) = (BufWriter::with_capacity(1 << 16, out), path.to_path_buf());
        let written = reserve(plan.blobs() as u64, "the blobs of an archive")?;
        let tensors = manifest.tensors.len();
        let mut hashes = reserve(tensors as u64, "the tensors of an archive")?;
        hashes.resize(tensors, ContentHash::of(&[]));
        plan.hashes_elsewhere().for_each(|(tensor, hash)| hashes[tensor] = hash);
        let minor = MINOR_VERSION;
        #[rustfmt::skip]
        let mut writer = Self {
            out, path, manifest, file_name, plan, written, hashes, end: 0, minor,
        };
        writer.write(&[0; Preamble::LEN as usize])?;
        Ok(writer)
    }

    /// Writes the blob of the next tensor; `decoded` is the hash of the tensor's bytes.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] where every tensor is written already, [`Error::Io`] where writing
    /// fails.
    pub fn append(&mut self, blob: &[u8], decoded: ContentHash) -> Result<()> {
        self.append_shared(blob, &[decoded])
    }

    /// Writes the next blob of the plan; `decoded` are the hashes of the tensors in it.
    pub(crate) fn append_shared(&mut self, blob: &[u8], decoded: &[ContentHash]) -> Result<()> {
        let number = self.written.len();
        if number == self.plan.blobs() {
            let count = self.manifest.tensors.len();
            return Err(Error::InvalidArgument(format!("all {count} tensors are written already")));
        }
        self.write(blob)?;
        self.minor = self.minor.max(BlobHeader::minor_version(blob));
        let (length, crc32c) = (blob.len() as u64, crc32c::crc32c(blob));
        self.written.push(BlobSums { length, crc32c });
        for (&tensor, &hash) in self.plan.members(number).iter().zip(decoded) {
            self.hashes[tensor as usize] = hash;
        }
        Ok(())
    }

    /// As [`ArchiveWriter::append_shared`], of a blob that decodes alone, although the plan was to code
    /// its tensor against one of a base.
    pub(crate) fn append_alone(&mut self, blob: &[u8], decoded: &[ContentHash]) -> Result<()> {
        let number = self.written.len();
        self.append_shared(blob, decoded)?;
        self.plan.set_alone(number);
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
        if self.written.len() < self.plan.blobs() {
            let first = self.plan.members(self.written.len())[0] as usize;
            let name = &self.manifest.tensors[first].name;
            return Err(Error::InvalidArgument(format!("tensor {name:?} has not been written")));
        }
        let Self { mut out, path, manifest, file_name, plan, written, hashes, end, minor } = self;
        let header = Header::new(&manifest, file_name.as_deref())?;
        let stored = header.store(&plan, &written, &hashes)?;
        let least = if plan.needs_base() { BASES_MINOR_VERSION } else { MINOR_VERSION };
        let preamble = preamble(&stored, minor.max(least), end)?;
        let bytes = preamble.to_bytes();
        let failed = |error| Error::io("write", &path)(error);
        out.write_all(&stored.packed).map_err(failed)?;
        out.write_all(&stored.sums).map_err(failed)?;
        out.seek(SeekFrom::Start(0)).map_err(failed)?;
        out.write_all(&bytes).map_err(failed)?;
        let mut hasher = ContentHasher::new();
        [&bytes[..], &stored.packed, &stored.sums].into_iter().for_each(|part| hasher.update(part));
        let out = out.into_inner().map_err(|error| failed(error.into_error()))?;
        let alone = (0..plan.blobs()).filter_map(|blob| match plan.members(blob) {
            &[tensor] => Some((tensor, hashes[tensor as usize])),
            _ => None,
        });
        Ok(Finished {
            out,
            front_hash: hasher.finish(),
            file_len: preamble.file_len,
            hashes: alone.collect(),
        })
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.end = self.end.checked_add(bytes.len() as u64).ok_or_else(too_long)?;
        self.out.write_all(bytes).map_err(Error::io("write", &self.path))
    }
}

/// The preamble of a file of this minor version whose blobs end at `blobs_end`.
fn preamble(stored: &StoredHeader, minor: u16, blobs_end: u64) -> Result<Preamble> {
    let StoredHeader { packed, sums, header_len, text_len, short_len } = stored;
    let tail = (packed.len() + sums.len()) as u64;
    Ok(Preamble {
        major: MAJOR_VERSION,
        minor,
        packed_len: packed.len() as u32,
        header_len: *header_len,
        text_len: *text_len,
        short_len: *short_len,
        crc32c: crc32c::crc32c_append(crc32c::crc32c(packed), sums),
        file_len: blobs_end.checked_add(tail).ok_or_else(too_long)?,
        blobs_end,
    })
}

fn too_long() -> Error {
    Error::InvalidArgument("the archive would be longer than 2^64 bytes".to_owned())
}

#[cfg(test)]
mod tests;
