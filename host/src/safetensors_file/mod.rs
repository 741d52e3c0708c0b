//! The safetensors file, read at positions through the `safetensors` crate's own types and checks.

mod header;
mod read;
mod write;

pub(crate) use header::SafetensorsHeader;
pub use read::SafetensorsFile;
pub(crate) use read::begins_like_safetensors;
pub use write::safetensors_header;

/// The longest header that safetensors allows.
const MAX_HEADER_LEN: u64 = 100_000_000;
/// Bytes of the header's length, which come first in the file.
const LENGTH_LEN: u64 = 8;
