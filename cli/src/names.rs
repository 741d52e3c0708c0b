//! The names of outputs that were not given one.

use anyhow::bail;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use wcodec::Archive;
use wcodec::container::Limits;
use wcodec::convert::{WCODEC, archive_name, restored_name};

/// The output of `compress`: `model.safetensors` becomes `model.wcodec`, anything else gets
/// `.wcodec` appended.
///
/// # Errors
/// The path has no name.
pub fn compressed(input: &Path) -> anyhow::Result<PathBuf> {
    let input = named(input)?;
    let name = input.file_name().unwrap_or_default();
    if !input.is_dir() {
        return Ok(input.with_file_name(archive_name(name)));
    }
    let mut name = name.to_owned();
    name.push(".");
    name.push(WCODEC);
    Ok(input.with_file_name(name))
}

/// The output of `decompress`: `model.wcodec` becomes `model.safetensors`, or `model` where the
/// archive says that this was its name; a folder loses its `.wcodec`.
///
/// # Errors
/// The path has no name, or one that does not end in `.wcodec`.
pub fn restored(input: &Path, limits: &Limits) -> anyhow::Result<PathBuf> {
    let input = named(input)?;
    if input.extension() != Some(OsStr::new(WCODEC)) {
        let input = input.display();
        bail!(
            "{input} does not end in .{WCODEC}: say with -o what its decompressed form is called"
        );
    }
    if input.is_dir() {
        return Ok(input.with_extension(""));
    }
    // One that cannot be opened is an error when its turn comes.
    let archive = Archive::open_with(&input, limits).ok();
    let stored = archive.as_ref().and_then(|archive| archive.file_name());
    Ok(input.with_file_name(restored_name(input.file_name().unwrap_or_default(), stored)))
}

/// The input by a path that ends in a name: `.` and `..` do not.
fn named(input: &Path) -> anyhow::Result<PathBuf> {
    let path = match input.file_name() {
        // Rebuilt from its parts, so that `model/` and `model/.` are `model`.
        Some(_) => input.components().collect(),
        None => input.canonicalize().unwrap_or_else(|_| input.to_path_buf()),
    };
    if path.file_name().is_none() {
        bail!("{} has no name to derive the output's from: give one with -o", input.display());
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_mirror() {
        for (input, compressed_name, restored_name) in [
            ("model.safetensors", "model.wcodec", "model.safetensors"),
            ("a/model-00001-of-00002.safetensors", "a/model-00001-of-00002.wcodec", ""),
            ("a.b/weights", "a.b/weights.wcodec", "a.b/weights.safetensors"),
            ("model.bin", "model.bin.wcodec", "model.bin.safetensors"),
        ] {
            let name = compressed(input.as_ref()).unwrap();
            assert_eq!(name, Path::new(compressed_name));
            let restored_name = if restored_name.is_empty() { input } else { restored_name };
            // There is no such archive that could say otherwise.
            let restored = restored(&name, &Limits::default()).unwrap();
            assert_eq!(restored, Path::new(restored_name));
        }
        let twice = restored("m.safetensors.wcodec".as_ref(), &Limits::default()).unwrap();
        assert_eq!(twice, Path::new("m.safetensors"));
        assert!(restored("model.bin".as_ref(), &Limits::default()).is_err());
    }

    #[test]
    fn a_slash_at_the_end_is_dropped() {
        let name = compressed("models/mini/".as_ref()).unwrap();
        assert_eq!(name, Path::new("models/mini.wcodec"));
    }
}
