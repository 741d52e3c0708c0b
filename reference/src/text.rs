//! FORMAT.md section 1.2: the header's text, which is the header of a safetensors file.

use super::bytes::require;
use super::dtype::decoded_length;
use super::json::{Object, Value, parse_json};
use std::collections::BTreeMap;

/// The member of a safetensors header that is no tensor.
const METADATA: &str = "__metadata__";

/// The tensors "in the order of their data", and the `__metadata__`.
pub struct Text {
    pub tensors: Vec<Listed>,
    pub metadata: Option<BTreeMap<String, String>>,
}

/// A tensor as the text lists it.
pub struct Listed {
    pub name: String,
    pub dtype: String,
    pub shape: Vec<u64>,
    /// Where its decoded bytes lie among those of all tensors.
    pub data_offsets: [u64; 2],
}

pub fn parse_text(text: &[u8]) -> Result<Text, String> {
    let value = parse_json(text).map_err(|why| format!("the text is not sound JSON: {why}"))?;
    let object = value.as_object().ok_or("the text is not one JSON object")?;
    let metadata = object.get(METADATA).filter(|value| !value.is_null());
    let metadata = metadata.map(string_map).transpose()?;
    let mut tensors = Vec::new();
    for (name, value) in object.in_order().filter(|(name, _)| *name != METADATA) {
        let listed = parse_tensor(name, value).map_err(|why| format!("tensor {name:?}: {why}"))?;
        tensors.push(listed);
    }
    // "empty tensors at one place stay in the order of the text", which a stable sort leaves.
    tensors.sort_by_key(|tensor| tensor.data_offsets);
    let mut end = 0;
    for Listed { name, data_offsets: [begin, its_end], .. } in &tensors {
        require(*begin == end, || format!("tensor {name:?} begins at {begin}, not at {end}"))?;
        end = *its_end;
    }
    Ok(Text { tensors, metadata })
}

fn parse_tensor(name: &str, value: &Value) -> Result<Listed, String> {
    check_name(name)?;
    let object = value.as_object().ok_or("it is not an object")?;
    let dtype = member(object, "dtype", Value::as_str)?.to_owned();
    let shape = member(object, "shape", integers)?;
    let offsets = member(object, "data_offsets", integers)?;
    let length = decoded_length(&dtype, &shape)?;
    let [begin, end] = offsets[..] else { return Err("data_offsets are not two".into()) };
    require(end.checked_sub(begin) == Some(length), || {
        format!("data_offsets {begin} and {end}, dtype and shape make {length}")
    })?;
    Ok(Listed { name: name.into(), dtype, shape, data_offsets: [begin, end] })
}

/// The value of a member that must be there and of the right type.
fn member<'a, T>(
    object: &'a Object,
    name: &str,
    typed: impl FnOnce(&'a Value) -> Option<T>,
) -> Result<T, String> {
    let value = object.get(name).ok_or_else(|| format!("member {name:?} is missing"))?;
    typed(value).ok_or_else(|| format!("member {name:?} has the wrong type"))
}

/// An array of integers, or `None`.
fn integers(value: &Value) -> Option<Vec<u64>> {
    value.as_array()?.iter().map(Value::as_u64).collect()
}

/// An object of strings.
fn string_map(value: &Value) -> Result<BTreeMap<String, String>, String> {
    let object = value.as_object().ok_or("the metadata is not an object")?;
    let pair = |(key, value): (&str, &Value)| Some((key.to_owned(), value.as_str()?.to_owned()));
    let pairs = object.in_order().map(pair);
    pairs.collect::<Option<_>>().ok_or_else(|| "the metadata is not all strings".into())
}

/// "without U+0000, without `..` alone or between slashes (`/` or `\`)", and "no absolute path: it
/// begins neither with a slash nor with an ASCII letter, a colon and a slash".
fn check_name(name: &str) -> Result<(), String> {
    require(!name.contains('\0'), || "its name contains U+0000".into())?;
    let slashes = name.replace('\\', "/");
    require(!format!("/{slashes}/").contains("/../"), || "its name contains ..".into())?;
    let drive = matches!(slashes.as_bytes(), [b'A'..=b'Z' | b'a'..=b'z', b':', b'/', ..]);
    require(!drive && !slashes.starts_with('/'), || "its name is absolute".into())
}
