//! Headers that make the most of every byte.

use crate::safetensors_source::{file, put};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// The header of a safetensors file, and the bytes of its tensors.
pub struct Source {
    pub what: &'static str,
    pub header: String,
    pub data: usize,
    /// The number of tensors.
    pub tensors: usize,
}

impl Source {
    fn new(what: &'static str, members: impl Iterator<Item = String>, data: usize) -> Self {
        let members: Vec<_> = members.collect();
        let tensors = members.iter().filter(|member| member.contains("dtype")).count();
        Self { what, header: format!("{{{}}}", members.join(",")), data, tensors }
    }

    /// The bytes of the file but for the length of its header.
    pub fn input(&self) -> usize {
        self.header.len() + self.data
    }

    /// The file, written into a folder.
    pub fn put(&self, folder: &Path) -> PathBuf {
        // No two bytes in a row are alike, so that no tensor is constant.
        let data: Vec<u8> = (0..self.data).map(|at| (at % 251) as u8).collect();
        put(folder, "a.safetensors", &file(&self.header, &data))
    }
}

/// Short strings that differ, all of which JSON has as they are.
pub fn short_name(mut number: usize) -> String {
    const DIGITS: &[u8; 64] = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-";
    let mut name = String::new();
    while number > 0 {
        name.push(char::from(DIGITS[number % 64]));
        number /= 64;
    }
    name
}

/// Sources of each kind of header that may cost a lot.
pub fn sources(scale: usize) -> Vec<Source> {
    let tensor = |number: usize| {
        let name = short_name(number);
        format!(r#""{name}":{{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}"#)
    };
    let string = |number: usize| format!(r#""{}":"""#, short_name(number));
    let strings = |count| (0..count).map(string).collect::<Vec<_>>().join(",");
    let metadata = format!(r#""__metadata__":{{{}}}"#, strings(20 * scale));
    let escaped =
        |number: usize| format!(r#""\u{:04x}{}":"\u000a""#, number % 0xD800, number / 0xD800);
    let escaped = (0..10 * scale).map(escaped).collect::<Vec<_>>().join(",");
    let ones = vec!["1"; 1 << 14].join(",");
    let shape = |number: usize| {
        let (name, end) = (short_name(number), number + 1);
        format!(r#""{name}":{{"dtype":"U8","shape":[{ones}],"data_offsets":[{number},{end}]}}"#)
    };
    let short = |number: usize| {
        let (name, start) = (short_name(number), 3 * number);
        let end = start + 3;
        format!(r#""{name}":{{"dtype":"U8","shape":[3],"data_offsets":[{start},{end}]}}"#)
    };
    let unknown = format!(
        r#""a":{{"dtype":"U8","shape":[0],"data_offsets":[0,0],"x":{{{}}}}}"#,
        strings(20 * scale)
    );
    vec![
        Source::new("many tensors", (0..scale).map(tensor), 0),
        Source::new("many tensors of three bytes", (0..scale).map(short), 3 * scale),
        Source::new("much metadata", [metadata].into_iter(), 0),
        Source::new(
            "escaped metadata",
            [format!(r#""__metadata__":{{{escaped}}}"#)].into_iter(),
            0,
        ),
        Source::new("many extents", (0..20).map(shape), 20),
        Source::new("many unknown members", [unknown].into_iter(), 0),
    ]
}

/// A folder, and a source in it.
pub fn put_source(source: &Source) -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let path = source.put(folder.path());
    (folder, path)
}
