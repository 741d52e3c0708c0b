//! The names of files in a compressed folder (FORMAT.md section 8): relative paths that mean the
//! same everywhere.

use crate::{Error, Result};
use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};

/// Writes a relative path with `/` between its parts. `%`, `\` and bytes that are not UTF-8 become
/// `%` and two hex digits, so that a file of any name can be listed.
pub(crate) fn encode(path: &Path) -> Result<String> {
    let mut name = String::new();
    for part in path.components() {
        let Component::Normal(part) = part else { return Err(not_relative(path)) };
        if !name.is_empty() {
            name.push('/');
        }
        encode_part(bytes_of(part.to_owned()).ok_or_else(|| not_relative(path))?, &mut name);
    }
    Ok(name)
}

fn encode_part(part: Vec<u8>, name: &mut String) {
    for chunk in part.utf8_chunks() {
        for character in chunk.valid().chars() {
            match character {
                '%' | '\\' => push_escaped(character as u8, name),
                _ => name.push(character),
            }
        }
        chunk.invalid().iter().for_each(|&byte| push_escaped(byte, name));
    }
}

fn push_escaped(byte: u8, name: &mut String) {
    name.push_str(&format!("%{byte:02X}"));
}

fn not_relative(path: &Path) -> Error {
    Error::InvalidArgument(format!("{} cannot be listed: give it another name", path.display()))
}

/// Reads a name that [`encode`] wrote; any other is an error with the reason. It is relative, leads
/// nowhere but down, and is one that this system can have.
pub(crate) fn decode(name: &str) -> std::result::Result<PathBuf, &'static str> {
    let path = PathBuf::from(decode_escapes(name)?);
    let parts = path.components().all(|part| match part {
        Component::Normal(part) => usable_here(part.as_encoded_bytes()),
        _ => false,
    });
    // A name has one spelling, so that two that differ are two files.
    match encode(&path) {
        Ok(spelling) if parts && !name.is_empty() && spelling == name => Ok(path),
        _ => Err("it is not a relative path as it is to be written"),
    }
}

/// Hidden folders are never taken along, so that none is ever restored: a manifest from a stranger
/// could put hooks for git into one.
pub(crate) fn in_the_open(path: PathBuf) -> std::result::Result<PathBuf, &'static str> {
    let hidden =
        |folder: &Path| folder.file_name().is_some_and(|n| n.as_encoded_bytes()[0] == b'.');
    if path.ancestors().skip(1).any(hidden) { Err("it lies in a hidden folder") } else { Ok(path) }
}

fn decode_escapes(name: &str) -> std::result::Result<OsString, &'static str> {
    if name.contains('\0') {
        return Err("it contains a NUL character");
    }
    let mut bytes = Vec::with_capacity(name.len());
    let mut rest = name.as_bytes();
    while let [first, after @ ..] = rest {
        let (byte, after) = match (first, after) {
            (b'%', [high, low, after @ ..]) => (hex(*high)? << 4 | hex(*low)?, after),
            (b'%', _) => return Err("it ends within an escape"),
            (byte, after) => (*byte, after),
        };
        bytes.push(byte);
        rest = after;
    }
    name_of(bytes).ok_or("this system has no such names")
}

fn hex(digit: u8) -> std::result::Result<u8, &'static str> {
    match digit {
        b'0'..=b'9' => Ok(digit - b'0'),
        b'A'..=b'F' => Ok(digit - b'A' + 10),
        _ => Err("it has a % without two digits after it"),
    }
}

#[cfg(unix)]
fn bytes_of(name: OsString) -> Option<Vec<u8>> {
    Some(std::os::unix::ffi::OsStringExt::into_vec(name))
}

#[cfg(unix)]
fn name_of(bytes: Vec<u8>) -> Option<OsString> {
    Some(std::os::unix::ffi::OsStringExt::from_vec(bytes))
}

/// A name that is not Unicode has no bytes here.
#[cfg(not(unix))]
fn bytes_of(name: OsString) -> Option<Vec<u8>> {
    name.into_string().map(String::into_bytes).ok()
}

#[cfg(not(unix))]
fn name_of(bytes: Vec<u8>) -> Option<OsString> {
    String::from_utf8(bytes).map(OsString::from).ok()
}

/// Returns whether a part of a path names a file here and nothing else.
#[cfg(not(windows))]
fn usable_here(part: &[u8]) -> bool {
    !part.contains(&0)
}

/// Windows takes some names for devices and for streams of other files, and cuts dots and spaces
/// off the end.
#[cfg(windows)]
fn usable_here(part: &[u8]) -> bool {
    let base = part.split(|&byte| byte == b'.').next().unwrap_or_default();
    let base = base.trim_ascii().to_ascii_uppercase();
    let numbered = base.len() == 4
        && (base.starts_with(b"COM") || base.starts_with(b"LPT"))
        && base[3].is_ascii_digit();
    let device = numbered || [&b"CON"[..], b"PRN", b"AUX", b"NUL"].contains(&&base[..]);
    let odd = part.iter().any(|byte| *byte < b' ' || b"<>:\"/\\|?*".contains(byte));
    !device && !odd && !part.ends_with(b".") && !part.ends_with(b" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_back() {
        for (path, name) in [
            ("a", "a"),
            ("text_encoder/model.wcodec", "text_encoder/model.wcodec"),
            ("100%/größe 🦀", "100%25/größe 🦀"),
            (".hidden/...", ".hidden/..."),
        ] {
            assert_eq!(encode(path.as_ref()).unwrap(), name);
            assert_eq!(decode(name).unwrap(), Path::new(path));
        }
    }

    #[cfg(unix)]
    #[test]
    fn names_that_are_not_unicode_come_back() {
        for (bytes, name) in [
            (&b"a\xff\xfe/b"[..], "a%FF%FE/b"),
            (b"\xed\xa0\x80", "%ED%A0%80"),
            (b"back\\slash", "back%5Cslash"),
        ] {
            let path = PathBuf::from(name_of(bytes.to_vec()).unwrap());
            assert_eq!(encode(&path).unwrap(), name);
            assert_eq!(decode(name).unwrap(), path);
        }
    }

    #[test]
    fn names_that_lead_elsewhere_or_have_another_spelling_are_refused() {
        for name in [
            "", ".", "..", "/", "/a", "a/", "a//b", "./a", "a/.", "a/..", "../a", "a/../b", "a\0b",
            "a%00b", "a%2Fb", "%2E%2E/a", "%41", "%c3%a4", "%C3%A4", "%", "%4", "%zz", "a\\b",
            "%25%",
        ] {
            assert!(decode(name).is_err(), "{name:?}");
        }
        assert!(encode("../a".as_ref()).is_err());
    }
}
