//! FORMAT.md section 1.2: the JSON header, member by member.

use super::bytes::require;
use super::json::{Object, Value, parse_json};
use std::collections::{BTreeMap, BTreeSet};

pub struct Manifest {
    pub entries: Vec<Entry>,
    pub metadata: Option<BTreeMap<String, String>>,
    pub safetensors_header: Option<String>,
}

/// One element of `tensors`. `codec` is not here: "a reader takes nothing from it", but that it is
/// a string.
pub struct Entry {
    pub name: String,
    pub dtype: String,
    pub shape: Vec<u64>,
    pub offset: u64,
    pub length: u64,
    pub crc32c: u32,
    pub xxh3: u64,
}

pub fn parse_manifest(header: &[u8]) -> Result<Manifest, String> {
    let header =
        parse_json(header).map_err(|why| format!("the header is not sound JSON: {why}"))?;
    let object = header.as_object().ok_or("the header is not one JSON object")?;
    let tensors = member(object, "tensors", Value::as_array)?;
    let manifest = Manifest {
        entries: tensors.iter().map(parse_entry).collect::<Result<_, _>>()?,
        metadata: object.get("metadata").map(string_map).transpose()?,
        safetensors_header: match object.get("safetensors_header") {
            None => None,
            Some(_) => Some(member(object, "safetensors_header", Value::as_str)?.into()),
        },
    };
    if object.contains_key("file_name") {
        check_file_name(member(object, "file_name", Value::as_str)?)?;
    }
    let mut names = BTreeSet::new();
    for entry in &manifest.entries {
        require(names.insert(&entry.name), || format!("two tensors are named {:?}", entry.name))?;
    }
    Ok(manifest)
}

/// The value of a member that must be there and of the right type.
pub fn member<'a, T>(
    object: &'a Object,
    name: &str,
    typed: impl FnOnce(&'a Value) -> Option<T>,
) -> Result<T, String> {
    let value = object.get(name).ok_or_else(|| format!("member {name:?} is missing"))?;
    typed(value).ok_or_else(|| format!("member {name:?} has the wrong type"))
}

/// An array of integers, or `None`.
pub fn integers(value: &Value) -> Option<Vec<u64>> {
    value.as_array()?.iter().map(Value::as_u64).collect()
}

/// An object of strings.
pub fn string_map(value: &Value) -> Result<BTreeMap<String, String>, String> {
    let pairs = value.as_object().ok_or("the metadata is not an object")?.iter();
    let pair = |(key, value): (&String, &Value)| Some((key.clone(), value.as_str()?.to_string()));
    pairs.map(pair).collect::<Option<_>>().ok_or_else(|| "the metadata is not all strings".into())
}

fn parse_entry(value: &Value) -> Result<Entry, String> {
    let object = value.as_object().ok_or("an element of `tensors` is not an object")?;
    let name = member(object, "name", Value::as_str)?;
    check_name(name)?;
    typed_entry(object, name).map_err(|why| format!("tensor {name:?}: {why}"))
}

/// "without U+0000, without `..` alone or between slashes (`/` or `\`)", and "no absolute path: it
/// begins neither with a slash nor with an ASCII letter, a colon and a slash".
fn check_name(name: &str) -> Result<(), String> {
    require(!name.contains('\0'), || format!("the name {name:?} contains U+0000"))?;
    let slashes = name.replace('\\', "/");
    require(!format!("/{slashes}/").contains("/../"), || format!("the name {name:?} contains .."))?;
    let drive = matches!(slashes.as_bytes(), [b'A'..=b'Z' | b'a'..=b'z', b':', b'/', ..]);
    require(!drive && !slashes.starts_with('/'), || format!("the name {name:?} is absolute"))
}

/// "one part of a path": not empty, neither `.` nor `..`, without slashes (`/` or `\`) and U+0000.
fn check_file_name(name: &str) -> Result<(), String> {
    let one_part = !matches!(name, "" | "." | "..") && !name.contains(['/', '\\', '\0']);
    require(one_part, || format!("the file name {name:?} is not one part of a path"))
}

fn typed_entry(object: &Object, name: &str) -> Result<Entry, String> {
    if object.contains_key("codec") {
        member(object, "codec", Value::as_str)?;
    }
    let crc32c = member(object, "crc32c", Value::as_u64)?;
    Ok(Entry {
        name: name.into(),
        dtype: member(object, "dtype", Value::as_str)?.into(),
        shape: member(object, "shape", integers)?,
        offset: member(object, "offset", Value::as_u64)?,
        length: member(object, "length", Value::as_u64)?,
        crc32c: u32::try_from(crc32c).map_err(|_| format!("crc32c {crc32c} exceeds 32 bits"))?,
        xxh3: parse_xxh3(member(object, "xxh3", Value::as_str)?)?,
    })
}

/// "16 lower-case hex digits", the most significant first.
fn parse_xxh3(digits: &str) -> Result<u64, String> {
    let lower_hex = |digit: u8| matches!(digit, b'0'..=b'9' | b'a'..=b'f');
    let well_formed = digits.len() == 16 && digits.bytes().all(lower_hex);
    require(well_formed, || format!("xxh3 {digits:?} is not 16 lower-case hex digits"))?;
    u64::from_str_radix(digits, 16).map_err(|why| format!("xxh3 {digits:?}: {why}"))
}
