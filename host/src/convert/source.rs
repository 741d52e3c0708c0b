//! Opens the source of an archive.

use super::names::name_to_store;
use crate::container::check_manifest;
use crate::safetensors_file::SafetensorsFile;
use crate::{Error, Result};
use std::path::Path;

/// Opens a safetensors file of which an archive can be made: limits are told before the work.
pub fn open(source: &Path) -> Result<SafetensorsFile> {
    checked(SafetensorsFile::open(source)?, source)
}

/// Opens a safetensors file, or any other that is then carried as it is.
pub fn open_or_as_is(source: &Path) -> Result<SafetensorsFile> {
    match open(source) {
        Err(error) if is_refusal(&error) => {
            warn(source, &error);
            checked(SafetensorsFile::open_as_is(source)?, source)
        }
        opened => opened,
    }
}

fn checked(input: SafetensorsFile, source: &Path) -> Result<SafetensorsFile> {
    check_manifest(input.manifest(), name_to_store(source).as_deref(), source)?;
    Ok(input)
}

/// Returns whether [`open`] refused what is in a file, which can still be carried as it is: the
/// system gave it, and it did not change.
pub fn is_refusal(error: &Error) -> bool {
    error.is_bad_data() || matches!(error, Error::LimitExceeded { .. } | Error::InvalidArgument(_))
}

/// Tells of a file that is carried as it is, and why.
pub fn warn(source: &Path, refusal: &Error) {
    tracing::warn!(
        "{} is carried as it is, not compressed as tensors: {refusal}",
        source.display()
    );
}
