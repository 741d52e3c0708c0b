//! The names of outputs that were not given one.

use anyhow::bail;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use wcodec::convert::{SAFETENSORS, WCODEC};

/// Where `compress` writes: `model.safetensors` becomes `model.wcodec`, anything else gets `.wcodec` appended.
pub fn compressed(input: &Path, output: Option<&Path>) -> anyhow::Result<PathBuf> {
    if let Some(output) = output {
        return given(output);
    }
    let input = named(input)?;
    Ok(match input.extension() {
        Some(extension) if extension == SAFETENSORS && !input.is_dir() => {
            input.with_extension(WCODEC)
        }
        _ => with_appended(&input, WCODEC),
    })
}

/// Where `decompress` writes: `model.wcodec` becomes `model.safetensors`, a folder loses its `.wcodec`.
pub fn restored(input: &Path, output: Option<&Path>) -> anyhow::Result<PathBuf> {
    if let Some(output) = output {
        return given(output);
    }
    let input = named(input)?;
    if input.extension() != Some(OsStr::new(WCODEC)) {
        let input = input.display();
        bail!(
            "{input} does not end in .{WCODEC}: say with -o what its decompressed form is called"
        );
    }
    let stem = input.with_extension("");
    let whole = input.is_dir() || stem.extension() == Some(OsStr::new(SAFETENSORS));
    Ok(if whole { stem } else { with_appended(&stem, SAFETENSORS) })
}

fn given(output: &Path) -> anyhow::Result<PathBuf> {
    if output == "-" {
        bail!(
            "- cannot be the output: files are written to disk, checked, and then get their name"
        );
    }
    Ok(output.to_path_buf())
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

fn with_appended(path: &Path, extension: &str) -> PathBuf {
    let mut name = path.to_path_buf().into_os_string();
    name.push(".");
    name.push(extension);
    PathBuf::from(name)
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
            let name = compressed(input.as_ref(), None).unwrap();
            assert_eq!(name, Path::new(compressed_name));
            let restored_name = if restored_name.is_empty() { input } else { restored_name };
            assert_eq!(restored(&name, None).unwrap(), Path::new(restored_name));
        }
        assert_eq!(
            restored("m.safetensors.wcodec".as_ref(), None).unwrap(),
            Path::new("m.safetensors")
        );
    }

    #[test]
    fn a_slash_at_the_end_is_dropped() {
        assert_eq!(
            compressed("models/mini/".as_ref(), None).unwrap(),
            Path::new("models/mini.wcodec")
        );
    }

    #[test]
    fn the_output_that_was_given_is_taken() {
        assert_eq!(compressed("a".as_ref(), Some("b".as_ref())).unwrap(), Path::new("b"));
        assert!(compressed("a".as_ref(), Some("-".as_ref())).is_err());
        assert!(restored("model.bin".as_ref(), None).is_err());
    }
}
