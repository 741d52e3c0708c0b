//! The .wcodec file (FORMAT.md section 1): written front to back, read at positions.

mod content_hash;
mod decode;
mod header;
mod limits;
mod manifest;
mod name;
mod preamble;
mod read;
mod storage;
mod tensor_info;
mod write;

pub use content_hash::ContentHash;
pub(crate) use content_hash::ContentHasher;
pub use limits::Limits;
pub use manifest::{Manifest, TensorSpec};
pub use read::Archive;
pub use tensor_info::TensorInfo;
pub use write::ArchiveWriter;
pub(crate) use write::check_manifest;

/// The longest header that is written or read.
pub const MAX_HEADER_LEN: u64 = 100_000_000;
/// The longest codec summary that [`ArchiveWriter::append`] takes, in ASCII characters.
pub const MAX_CODEC_SUMMARY: usize = 64;

/// Blobs start on a multiple of this many bytes.
const BLOB_ALIGN: u64 = 256;

/// The smallest multiple of [`BLOB_ALIGN`] not below `position`.
fn align(position: u64) -> Option<u64> {
    position.checked_next_multiple_of(BLOB_ALIGN)
}
