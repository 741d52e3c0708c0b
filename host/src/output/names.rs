//! The names that outputs bear until they are finished.

use crate::{Error, Result};
use std::borrow::Cow;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// The ending of an unfinished file or folder.
const ENDING: &str = ".wcodec-tmp";
/// The ending of a folder that is being replaced.
const OLD: &str = ".wcodec-old";
/// The ending of a folder that is complete, but whose files are still to be moved.
const NEW: &str = ".wcodec-new";
/// In a folder that keeps its place, the folder whose content is to be moved into it. One name for
/// all, as several runs may find such a folder.
pub(super) const FINISHED: &str = ".output.00000000.wcodec-new";
/// In a folder that keeps its place, the folder of its earlier content.
pub(super) const REPLACED: &str = ".output.00000000.wcodec-old";
/// The folder in which a file system keeps fragments found by repairs; the root of many has one
/// from the beginning.
pub(super) const LOST_AND_FOUND: &str = "lost+found";
/// Random characters before the ending.
pub(super) const RANDOM: usize = 8;
/// Bytes of the target's name that a temporary name takes over. With all the rest it stays below
/// the 143 bytes of eCryptfs, the least that a file system in use allows.
const KEPT: usize = 100;

/// Returns whether this is the name of a file or folder that a stopped run left:
/// `.NAME.XXXXXXXX.wcodec-tmp`, or `-old` for a folder that was being replaced and `-new` for its
/// replacement, with NAME cut where it is long.
///
/// # Examples
/// ```
/// use wcodec::programs::is_leftover;
///
/// assert!(is_leftover(".model.wcodec.a1B2c3D4.wcodec-tmp".as_ref()));
/// assert!(!is_leftover("model.wcodec".as_ref()));
/// ```
pub fn is_leftover(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    let inner = name
        .strip_prefix('.')
        .and_then(|name| [ENDING, OLD, NEW].iter().find_map(|ending| name.strip_suffix(ending)));
    let Some((of, random)) = inner.and_then(|inner| inner.rsplit_once('.')) else { return false };
    !of.is_empty() && random.len() == RANDOM && random.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// Returns whether this name marks the folder that it stands in as incomplete: a run was stopped
/// while it moved files into that folder. The next run with that output moves the others.
pub fn is_half_filled(name: &OsStr) -> bool {
    name == FINISHED
}

/// Returns whether a path leads into an unfinished file or folder, which has no other copy.
pub(super) fn is_unfinished(path: &Path) -> bool {
    path.iter()
        .any(|name| is_leftover(name) && name.as_encoded_bytes().ends_with(ENDING.as_bytes()))
}

/// The beginning and the end of a temporary name for what will be `target`: hidden, and with the
/// target's name in it.
pub(super) fn temporary(target: &Path) -> Result<(String, &'static str)> {
    Ok((beginning(&file_name(target)?), ENDING))
}

/// The path beside `target` to which `target` is moved while it is replaced. There is only one, so
/// that the next run finds it.
pub(super) fn aside(target: &Path) -> Result<PathBuf> {
    let name = file_name(target)?;
    // The sum covers the whole name, as one folder may hold names that differ only beyond the part
    // that is kept.
    let sum = crc32c::crc32c(name.as_bytes());
    Ok(target.with_file_name(format!("{}{sum:08x}{OLD}", beginning(&name))))
}

/// Another such path, for a folder that is still where the next one is to be moved.
pub(super) fn numbered(aside: &Path, number: u32) -> PathBuf {
    let name = aside.file_name().unwrap_or_default().to_string_lossy();
    let kept = name.len().saturating_sub(RANDOM + OLD.len());
    aside.with_file_name(format!("{}{number:08x}{OLD}", &name[..kept]))
}

fn file_name(target: &Path) -> Result<Cow<'_, str>> {
    // Some file systems take nothing but UTF-8.
    target
        .file_name()
        .map(OsStr::to_string_lossy)
        .ok_or_else(|| Error::InvalidArgument(format!("{} does not name a file", target.display())))
}

fn beginning(name: &str) -> String {
    format!(".{}.", cut(name, KEPT))
}

/// As much of a text as whole characters make of its first `most` bytes.
pub(crate) fn cut(text: &str, most: usize) -> &str {
    let end = (0..=most.min(text.len())).rev().find(|&at| text.is_char_boundary(at));
    &text[..end.unwrap_or(0)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn temporary_names_are_known_and_short() {
        let names = ["m.wcodec", &"x".repeat(255), &"ü".repeat(127), &"a.".repeat(120), "…"];
        for name in names {
            let (beginning, end) = temporary(Path::new(name)).unwrap();
            let temporary = format!("{beginning}{}{end}", "a1B2c3D4");
            assert!(is_leftover(temporary.as_ref()), "{temporary}");
            assert!(temporary.len() <= 143, "{temporary}");
            assert!(name.starts_with(&beginning[1..beginning.len() - 1]), "{temporary}");
            let aside = aside(Path::new(name)).unwrap().into_os_string();
            assert!(is_leftover(&aside) && aside.len() <= 143, "{aside:?}");
            let other = numbered(Path::new(&aside), 0).into_os_string();
            assert!(is_leftover(&other) && other != aside && other.len() == aside.len());
        }
        assert!(temporary(Path::new("..")).is_err());
        assert!([FINISHED, REPLACED].iter().all(|name| is_leftover(name.as_ref())));
    }

    #[test]
    fn other_names_are_not_taken_for_temporary_ones() {
        for name in [
            "",
            ".wcodec-tmp",
            "..a1B2c3D4.wcodec-tmp",
            ".a1B2c3D4.wcodec-tmp",
            ".m.a1B2c3D.wcodec-tmp",
            ".m.a1B2c3D45.wcodec-tmp",
            ".m.a1B2c3-4.wcodec-tmp",
            "m.a1B2c3D4.wcodec-tmp",
            ".m.a1B2c3D4.tmp",
            ".m.a1B2c3D4.wcodec-tmp.txt",
        ] {
            assert!(!is_leftover(name.as_ref()), "{name}");
        }
    }
}
