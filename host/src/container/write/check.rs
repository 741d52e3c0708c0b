//! What is refused before it is written, as no reader would take it.

use crate::Result;
use crate::container::header::Header;
use crate::container::{Limits, Manifest, limits, name};
use std::path::Path;

/// Checks that an archive of this manifest, and this name of the source's file, can be written and
/// read again, and returns the most bytes that its header takes without references to bases; `path`
/// is for the messages.
///
/// # Errors
/// As [`super::ArchiveWriter::new`].
pub fn check_manifest(manifest: &Manifest, file_name: Option<&str>, path: &Path) -> Result<u64> {
    Limits::default().check_manifest(manifest, &path.display().to_string())?;
    manifest.check()?;
    name::check_source_file(file_name)?;
    let longest = Header::new(manifest, file_name)?.longest(manifest.tensors.len());
    check_header(longest, path)?;
    Ok(longest)
}

/// Refuses a header that may have so many bytes, where a reader would refuse it.
pub fn check_header(longest: u64, path: &Path) -> Result<()> {
    let place = path.display().to_string();
    limits::check(&place, HEADER_LEN, longest, Limits::default().header_bytes)
}

const HEADER_LEN: &str = "the length in bytes of the header that the archive would have (with the \
    tensors in several files each has a shorter one)";
