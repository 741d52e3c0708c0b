//! The names that outputs bear until they are finished.

use crate::{Error, Result};
use std::ffi::OsStr;
use std::path::Path;

/// The ending of all of them, by which they are known.
const ENDING: &str = ".wcodec-tmp";
/// Random characters before the ending.
pub(super) const RANDOM: usize = 8;
/// Bytes of the target's name that a temporary name takes over. With all the rest it stays below
/// the 143 bytes of eCryptfs, the least that a file system in use allows.
const KEPT: usize = 100;

/// Whether a file or folder of this name is one that an earlier run was stopped before it could
/// finish or remove: `.NAME.XXXXXXXX.wcodec-tmp`, with NAME cut where it is long.
///
/// # Examples
/// ```
/// use wcodec::output::is_leftover;
///
/// assert!(is_leftover(".model.wcodec.a1B2c3D4.wcodec-tmp".as_ref()));
/// assert!(!is_leftover("model.wcodec".as_ref()));
/// ```
pub fn is_leftover(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    let inner = name.strip_prefix('.').and_then(|name| name.strip_suffix(ENDING));
    let Some((of, random)) = inner.and_then(|inner| inner.rsplit_once('.')) else { return false };
    !of.is_empty() && random.len() == RANDOM && random.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// The beginning and the end of a temporary name for what will be `target`: hidden, and telling
/// what it will become.
pub(super) fn temporary(target: &Path) -> Result<(String, &'static str)> {
    let name = target.file_name().ok_or_else(|| {
        Error::InvalidArgument(format!("{} does not name a file", target.display()))
    })?;
    // Some file systems take nothing but UTF-8.
    let name = name.to_string_lossy();
    Ok((format!(".{}.", &name[..name.floor_char_boundary(KEPT)]), ENDING))
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
        }
        assert!(temporary(Path::new("..")).is_err());
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
