//! The names of archives, and of the files that they restore.

use super::{SAFETENSORS, WCODEC};
use std::ffi::{OsStr, OsString};
use std::path::Path;

/// The name of the archive of a file: `model.safetensors` becomes `model.wcodec`, any other name
/// gets `.wcodec` appended.
pub fn archive_name(file: &OsStr) -> OsString {
    let path = Path::new(file);
    if has_extension(path, SAFETENSORS) {
        return path.with_extension(WCODEC).into_os_string();
    }
    with_appended(file, WCODEC)
}

/// The name of the file that an archive restores.
///
/// It is the archive's name without `.wcodec`. `stored`, the name in the archive
/// ([`crate::container::Manifest::file_name`]), decides only whether `.safetensors` follows: an
/// archive that was renamed restores a file by its new name, and a hostile one cannot choose.
pub fn restored_name(archive: &OsStr, stored: Option<&str>) -> OsString {
    let path = Path::new(archive);
    if !has_extension(path, WCODEC) {
        return with_appended(archive, SAFETENSORS);
    }
    let stem = path.file_stem().unwrap_or(archive);
    let whole = has_extension(Path::new(stem), SAFETENSORS) || stored.is_some_and(|s| stem == s);
    if whole { stem.to_owned() } else { with_appended(stem, SAFETENSORS) }
}

/// The source's name for an archive to store: `None` where the archive's own name implies it.
pub(super) fn name_to_store(source: &Path) -> Option<String> {
    let name = source.file_name()?;
    let told = restored_name(&archive_name(name), None) == name;
    // A name that is not Unicode cannot be stored: such a file comes back with `.safetensors`
    // appended.
    let storable = |name: &&str| !name.contains(['/', '\\', '\0']);
    if told { None } else { name.to_str().filter(storable).map(str::to_owned) }
}

/// Returns whether a file is called safetensors: `.safetensors` or `.sft`, in any case.
pub(super) fn claims_safetensors(path: &Path) -> bool {
    let claims = |extension: &OsStr| {
        extension.eq_ignore_ascii_case(SAFETENSORS) || extension.eq_ignore_ascii_case("sft")
    };
    path.extension().is_some_and(claims)
}

/// Returns whether a file is called an archive.
pub(super) fn claims_archive(path: &Path) -> bool {
    has_extension(path, WCODEC)
}

fn has_extension(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|found| found == extension)
}

fn with_appended(name: &OsStr, extension: &str) -> OsString {
    let mut name = name.to_owned();
    name.push(".");
    name.push(extension);
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_back() {
        for (source, archive) in [
            ("model.safetensors", "model.wcodec"),
            ("model-00001-of-00002.safetensors", "model-00001-of-00002.wcodec"),
            ("weights", "weights.wcodec"),
            ("ae.sft", "ae.sft.wcodec"),
            ("MODEL.SAFETENSORS", "MODEL.SAFETENSORS.wcodec"),
            ("a.wcodec", "a.wcodec.wcodec"),
            (".safetensors", ".safetensors.wcodec"),
            ("größe 🦀", "größe 🦀.wcodec"),
        ] {
            assert_eq!(archive_name(source.as_ref()), archive);
            let stored = name_to_store(Path::new("a.b").join(source).as_ref());
            assert_eq!(restored_name(archive.as_ref(), stored.as_deref()), source);
        }
        assert_eq!(name_to_store("a/model.safetensors".as_ref()), None);
    }

    #[test]
    fn an_archive_decides_no_more_than_whether_an_extension_follows() {
        for (archive, stored, restored) in [
            ("m.safetensors.wcodec", None, "m.safetensors"),
            ("a.wcodec", Some("b"), "a.safetensors"),
            ("a.wcodec", Some(".bashrc"), "a.safetensors"),
            ("a.wcodec", Some("../a"), "a.safetensors"),
            ("a", Some("a"), "a.safetensors"),
            (".wcodec", None, ".wcodec.safetensors"),
        ] {
            assert_eq!(restored_name(archive.as_ref(), stored), restored, "{archive}");
        }
    }
}
