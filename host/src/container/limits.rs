//! The limits of the cost that a file may ask of a reader.

use super::{MAX_HEADER_LEN, Manifest, Shape, TensorSpec};
use crate::{Dtype, Error, Result};

/// The most that a reader accepts of an archive, so that a small hostile file cannot cost a lot.
///
/// Whatever the limits, nothing is allocated for a size that the file does not really have: the
/// limits bound the work for sizes that a file has, or only claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of the header, once it is expanded; 100,000,000 unless set, which is also the most that the format
    /// allows. Opening takes up to four times as much memory.
    pub header_bytes: u64,
    /// Tensors in an archive; 500,000 unless set.
    pub tensors: u64,
    /// Bytes of a tensor's name; 4,096 unless set.
    pub name_bytes: u64,
    /// Extents of a tensor's shape; 65,536 unless set.
    pub dimensions: u64,
    /// JSON objects and arrays inside each other; 32 unless set.
    pub json_depth: u64,
    /// Decoded bytes of one tensor; 2^38, which is 256 GiB, unless set.
    pub tensor_bytes: u64,
    /// Bases one after another, each coded against the next; 64 unless set.
    pub bases: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            header_bytes: MAX_HEADER_LEN,
            tensors: 500_000,
            name_bytes: 4096,
            dimensions: 1 << 16,
            json_depth: 32,
            tensor_bytes: 1 << 38,
            bases: 64,
        }
    }
}

impl Limits {
    /// The default limits.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets [`Limits::header_bytes`].
    pub fn header_bytes(mut self, most: u64) -> Self {
        self.header_bytes = most;
        self
    }

    /// Sets [`Limits::tensors`].
    pub fn tensors(mut self, most: u64) -> Self {
        self.tensors = most;
        self
    }

    /// Sets [`Limits::name_bytes`].
    pub fn name_bytes(mut self, most: u64) -> Self {
        self.name_bytes = most;
        self
    }

    /// Sets [`Limits::bases`].
    pub fn bases(mut self, most: u64) -> Self {
        self.bases = most;
        self
    }

    /// Sets [`Limits::dimensions`].
    pub fn dimensions(mut self, most: u64) -> Self {
        self.dimensions = most;
        self
    }

    /// Sets [`Limits::json_depth`].
    pub fn json_depth(mut self, most: u64) -> Self {
        self.json_depth = most;
        self
    }

    /// Sets [`Limits::tensor_bytes`].
    pub fn tensor_bytes(mut self, most: u64) -> Self {
        self.tensor_bytes = most;
        self
    }

    /// Refuses JSON that nests too deeply, before it is parsed.
    pub(crate) fn check_depth(&self, json: &[u8], place: &str) -> Result<()> {
        check(place, "the depth of nested JSON", depth(json), self.json_depth)
    }

    /// Refuses JSON of too many bytes, before it is read.
    pub(crate) fn check_json_len(&self, len: u64, place: &str) -> Result<()> {
        check(place, "the length of the JSON in bytes", len, self.header_bytes)
    }

    /// Refuses the name of a file that is too long.
    pub(crate) fn check_file_name(&self, bytes: usize, place: &str) -> Result<()> {
        check(place, "the length of a file's name in bytes", bytes as u64, self.name_bytes)
    }

    /// Refuses to write what a reader with these limits would refuse.
    pub(super) fn check_manifest(&self, manifest: &Manifest, place: &str) -> Result<()> {
        check(place, "the number of tensors", manifest.tensors.len() as u64, self.tensors)?;
        for TensorSpec { name, dtype, shape } in &manifest.tensors {
            self.check_tensor(name.len(), *dtype, shape, place)?;
        }
        match &manifest.safetensors_header {
            Some(text) => self.check_depth(text.as_bytes(), place),
            None => Ok(()),
        }
    }

    /// Refuses a tensor that has, or claims, too much of anything.
    pub(super) fn check_tensor(
        &self,
        name_bytes: usize,
        dtype: Dtype,
        shape: &Shape,
        place: &str,
    ) -> Result<()> {
        let (name_bytes, rank) = (name_bytes as u64, shape.rank() as u64);
        check(place, "the length of a tensor's name in bytes", name_bytes, self.name_bytes)?;
        check(place, "the number of a tensor's dimensions", rank, self.dimensions)?;
        // Sizes that overflow are not a limit's business: they are corrupt.
        let decoded = shape.byte_len(dtype).unwrap_or(0);
        check(place, "the decoded length of a tensor in bytes", decoded, self.tensor_bytes)
    }
}

/// Fails where `value` is above `limit`.
pub(super) fn check(place: &str, what: &'static str, value: u64, limit: u64) -> Result<()> {
    if value <= limit {
        return Ok(());
    }
    Err(Error::LimitExceeded { place: place.to_owned(), what, value, limit })
}

/// The most objects and arrays of a JSON text that are open at once; for other text the number is
/// meaningless.
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
