//! The .wcodec file (FORMAT.md section 1): written front to back, read at positions.

mod against;
mod columns;
mod content_hash;
mod cut;
mod decode;
mod elsewhere;
mod front;
mod header;
mod in_memory;
mod limits;
mod manifest_check;
mod members;
mod name;
mod name_index;
#[cfg(feature = "gpu")]
mod on_gpu;
mod place;
mod preamble;
mod read;
mod reader;
mod reference;
mod resolve;
mod source;
mod storage;
mod storage_plan;
mod tensor_info;
mod write;

pub use crate::manifest::{Manifest, TensorSpec};
pub use crate::metadata::Metadata;
pub use crate::output::OutputFile;
pub use crate::shape::Shape;
pub use content_hash::ContentHash;
pub(crate) use content_hash::ContentHasher;
pub use cut::{CutLines, TensorCut};
pub(crate) use elsewhere::{Names as OtherFiles, OtherTensor};
pub use in_memory::{compress, compress_with, decompress, decompress_with};
pub use limits::Limits;
pub(crate) use members::Members;
#[cfg(feature = "gpu")]
pub use on_gpu::DeviceTensor;
pub use read::Archive;
pub use reader::TensorReader;
pub use reference::TensorReference;
pub(crate) use resolve::referred_files;
pub(crate) use storage_plan::{StoragePlan, Stored};
pub use tensor_info::TensorInfo;
pub use write::ArchiveWriter;
pub(crate) use write::{Finished, check_manifest};

/// The longest header that is written or read.
pub const MAX_HEADER_LEN: u64 = 100_000_000;
