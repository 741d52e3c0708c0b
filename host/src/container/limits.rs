//! What a file may ask of a reader, whatever else it says.

use super::header::Header;
use super::{MAX_HEADER_LEN, Manifest, TensorSpec};
use crate::{Dtype, Error, Result};

/// The most that a reader accepts of an archive, so that a small hostile file cannot cost a lot.
///
/// Whatever the limits, nothing is allocated for a size that the file does not really have: these bound
/// what a file that does have it, or only claims it, can make a reader do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the JSON header; 100,000,000 unless set, which is also the most that the format allows. Opening takes
    /// up to about ten times as much memory.
    pub header_bytes: u64,
    /// Tensors in an archive; 500,000 unless set.
    pub tensors: u64,
    /// Bytes of a tensor's name; 4,096 unless set.
    pub name_bytes: u64,
    /// JSON objects and arrays inside each other; 32 unless set.
    pub json_depth: u64,
    /// Decoded bytes of one tensor; 2^38, which is 256 GiB, unless set.
    pub tensor_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            header_bytes: MAX_HEADER_LEN,
            tensors: 500_000,
            name_bytes: 4096,
            json_depth: 32,
            tensor_bytes: 1 << 38,
        }
    }
}

impl Limits {
    /// Refuses JSON that nests too deeply, before it is parsed.
    pub(crate) fn check_depth(&self, json: &[u8], place: &str) -> Result<()> {
        check(place, "the depth of nested JSON", depth(json), self.json_depth)
    }

    /// Refuses JSON of too many bytes, before it is read.
    pub(crate) fn check_json_len(&self, len: u64, place: &str) -> Result<()> {
        check(place, "the length of the JSON in bytes", len, self.header_bytes)
    }

    /// Refuses the name of a file that is too long.
    pub(crate) fn check_file_name(&self, name: &str, place: &str) -> Result<()> {
        check(place, "the length of a file's name in bytes", name.len() as u64, self.name_bytes)
    }

    /// Refuses a header that has, or claims, too much of anything.
    pub(super) fn check_header(&self, header: &Header<'_>, place: &str) -> Result<()> {
        check(place, "the number of tensors", header.tensors.len() as u64, self.tensors)?;
        for entry in &header.tensors {
            self.check_tensor(&entry.name, entry.dtype, &entry.shape, place)?;
        }
        self.check_source(header.safetensors_header.as_deref(), place)
    }

    /// Refuses to write what a reader with these limits would refuse.
    pub(super) fn check_manifest(&self, manifest: &Manifest, place: &str) -> Result<()> {
        check(place, "the number of tensors", manifest.tensors.len() as u64, self.tensors)?;
        for TensorSpec { name, dtype, shape } in &manifest.tensors {
            self.check_tensor(name, *dtype, shape, place)?;
        }
        self.check_source(manifest.safetensors_header.as_deref(), place)
    }

    fn check_tensor(&self, name: &str, dtype: Dtype, shape: &[u64], place: &str) -> Result<()> {
        let name_bytes = name.len() as u64;
        check(place, "the length of a tensor's name in bytes", name_bytes, self.name_bytes)?;
        // Sizes that overflow are not a limit's business: they are corrupt.
        let decoded = crate::byte_len(dtype, shape).unwrap_or(0);
        check(place, "the decoded length of a tensor in bytes", decoded, self.tensor_bytes)
    }

    fn check_source(&self, header: Option<&str>, place: &str) -> Result<()> {
        header.map_or(Ok(()), |text| self.check_depth(text.as_bytes(), place))
    }
}

/// Fails where `value` is above `limit`.
pub(super) fn check(place: &str, what: &'static str, value: u64, limit: u64) -> Result<()> {
    if value <= limit {
        return Ok(());
    }
    Err(Error::LimitExceeded { place: place.to_owned(), what, value, limit })
}

/// How many objects and arrays of a JSON text are open at once; of text that is not JSON some number.
fn depth(json: &[u8]) -> u64 {
    let (mut open, mut most) = (0u64, 0);
    let (mut in_string, mut escaped) = (false, false);
    for &byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = in_string,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => {
                open += 1;
                most = most.max(open);
            }
            b'}' | b']' if !in_string => open = open.saturating_sub(1),
            _ => {}
        }
    }
    most
}

#[cfg(test)]
mod tests {
    use super::depth;

    #[test]
    fn depth_is_counted_outside_of_strings() {
        for (json, expected) in [
            ("", 0),
            ("1", 0),
            ("{}", 1),
            (r#"{"a":[[]],"b":[]}"#, 3),
            (r#"{"[[[":"\"[[{"}"#, 1),
            (r#"{"\\":[]}"#, 2),
            ("]]]]{", 1),
        ] {
            assert_eq!(depth(json.as_bytes()), expected, "{json}");
        }
    }
}
