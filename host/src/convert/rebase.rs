//! From an archive that is coded against some bases to one against others, or none.

use super::compress::compress_file;
use super::compress_options::CompressOptions;
use super::decompress::{DecompressOptions, decompress_file};
use super::names::restored_name;
use super::{Progress, Summary, check_distinct};
use crate::container::Archive;
use crate::output::ScratchFolder;
use crate::{Error, Result};
use std::path::Path;

/// Makes of an archive that is read with the bases of `from` one that is read with those of `to`, or
/// alone where these are none: a chain of bases becomes shorter so. `target` appears whole or not at
/// all; the restored file lies beside it meanwhile.
///
/// # Errors
/// As [`decompress_file`] and [`compress_file`].
pub fn rebase_file(
    source: impl AsRef<Path>,
    target: impl AsRef<Path>,
    from: &DecompressOptions<'_>,
    to: &CompressOptions<'_>,
    progress: &dyn Progress,
) -> Result<Summary> {
    let (source, target) = (source.as_ref(), target.as_ref());
    check_distinct(source, target)?;
    if !to.overwrite && target.symlink_metadata().is_ok() {
        return Err(Error::OutputExists { path: target.to_path_buf() });
    }
    let archive = Archive::open_with(source, &from.limits)?;
    let name = source.file_name().unwrap_or_default();
    let (as_is, name) = (archive.is_file_as_is(), restored_name(name, archive.file_name()));
    drop(archive);
    let scratch = ScratchFolder::beside(target)?;
    let restored = scratch.path().join(name);
    let read = decompress_file(source, &restored, from, progress)?;
    let written = compress_file(&restored, target, &to.clone().as_is(as_is || to.as_is), progress)?;
    Ok(Summary { input_bytes: read.input_bytes, converted: read.converted, ..written })
}
