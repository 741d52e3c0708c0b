//! The names that a tensor and a source's file may have (FORMAT.md sections 1.2 and 1.3).

use crate::{Error, Result};

/// Says which rule a name breaks.
///
/// Names never become paths here, but programs that read archives may make some of them, or hand
/// them to C.
pub(super) fn check(name: &str) -> std::result::Result<(), &'static str> {
    if name.contains('\0') {
        return Err("its name contains a NUL character");
    }
    if name.split(SLASHES).any(|part| part == "..") {
        return Err("its name leads out of a folder by way of ..");
    }
    if is_absolute(name) {
        return Err("its name is an absolute path");
    }
    Ok(())
}

const SLASHES: [char; 2] = ['/', '\\'];

/// Returns whether a path leads to one place from every folder, on Unix or on Windows.
///
/// Letter, colon and slash make a drive of Windows. A colon alone does not: TensorFlow has tensors
/// named `w:0`.
fn is_absolute(path: &str) -> bool {
    let drive = path.strip_prefix(|first: char| first.is_ascii_alphabetic());
    let rest = drive.and_then(|rest| rest.strip_prefix(':')).unwrap_or(path);
    rest.starts_with(SLASHES)
}

/// Says why a name cannot be that of a file: it is to be one part of a path wherever the archive is
/// read.
pub(super) fn check_file_name(name: &str) -> std::result::Result<(), &'static str> {
    match name {
        "" => Err("it is empty"),
        "." | ".." => Err("it is not the name of a file"),
        _ if name.contains(SLASHES) || name.contains('\0') => {
            Err("it contains a slash or a NUL character")
        }
        _ => Ok(()),
    }
}

/// Refuses the name of a source's file that breaks a rule.
pub(super) fn check_source_file(name: Option<&str>) -> Result<()> {
    let Some(name) = name else { return Ok(()) };
    check_file_name(name).map_err(|reason| {
        Error::InvalidArgument(format!("the source's file name {name:?}: {reason}"))
    })
}
