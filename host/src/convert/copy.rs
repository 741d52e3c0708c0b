//! Files that are copied unchanged.

use super::{SourceFile, Summary};
use crate::container::{ContentHash, ContentHasher};
use crate::output::OutputFile;
use crate::positioned_file::PositionedFile;
use crate::progress::{Progress, proceed};
use crate::{Error, Result};
use std::io::Write;
use std::path::Path;

/// Bytes that are read at a time.
const PIECE: u64 = 1 << 20;

/// A file that was read to its end.
pub(super) struct ReadFile {
    pub source: SourceFile,
    pub bytes: u64,
    pub hash: ContentHash,
}

impl ReadFile {
    /// The summary of a conversion that copied the file.
    pub fn summary(&self) -> Summary {
        let (input_bytes, output_bytes, copied) =
            (self.bytes, self.bytes, vec![self.source.clone()]);
        Summary { input_bytes, output_bytes, copied, ..Summary::default() }
    }
}

/// Copies a file with its attributes; `to` appears whole or not at all.
pub(super) fn copy_file(from: &Path, to: &Path, progress: &dyn Progress) -> Result<ReadFile> {
    let file = PositionedFile::open(from)?;
    let mut output = OutputFile::create(to, false, Some(file.attributes().clone()))?;
    let write = |piece: &[u8]| output.write_all(piece).map_err(Error::io("write", to));
    let copied = read_file(&file, progress, write)?;
    output.commit()?;
    Ok(copied)
}

/// Reads a file for its hash alone.
pub(super) fn hash_file(path: &Path, progress: &dyn Progress) -> Result<ReadFile> {
    read_file(&PositionedFile::open(path)?, progress, |_| Ok(()))
}

/// Reads a file from end to end, unless `progress` stops it; one that changes meanwhile is an error.
fn read_file(
    file: &PositionedFile,
    progress: &dyn Progress,
    mut take: impl FnMut(&[u8]) -> Result<()>,
) -> Result<ReadFile> {
    let mut hasher = ContentHasher::new();
    let mut offset = 0;
    while offset < file.len() {
        proceed(progress.advance(0))?;
        let piece = file.read_vec(offset, PIECE.min(file.len() - offset), "a piece of a file")?;
        hasher.update(&piece);
        take(&piece)?;
        offset += piece.len() as u64;
    }
    file.check_unchanged()?;
    let source = SourceFile::new(file.path(), file.identity());
    Ok(ReadFile { source, bytes: file.len(), hash: hasher.finish() })
}
