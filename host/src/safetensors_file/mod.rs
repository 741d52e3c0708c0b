//! The safetensors file, read at positions, with the checks of the `safetensors` crate and those of
//! I-JSON.

mod as_is;
mod header;
mod read;
mod write;

pub(crate) use header::{Listed, SafetensorsHeader, read_in_order, tensor_count};
pub use read::SafetensorsFile;
pub(crate) use read::begins_like_safetensors;
pub(crate) use write::header_text;
pub use write::safetensors_header;

/// The longest header that safetensors allows.
const MAX_HEADER_LEN: u64 = 100_000_000;
/// Bytes of the header's length, which come first in the file.
const LENGTH_LEN: u64 = 8;
