//! Whole files and folders: safetensors to .wcodec and back, several tensors at once.
//!
//! Memory is at most about five times the largest tensor and 256 MB, whatever the size of the file; with
//! bases about nine times the largest tensor of the file and of these.

mod against;
mod bases;
mod blobs;
mod buffers;
mod compress;
mod compress_options;
mod compressor;
mod contents;
mod copy;
mod decompress;
mod duplicates;
mod earlier;
mod folder;
mod names;
mod pipeline;
mod rebase;
mod remove;
mod sharing;
mod source;
mod source_file;
mod summary;
mod verify;

pub use crate::output::remove_unfinished;
pub use crate::progress::Progress;
pub use bases::Bases;
pub(crate) use bases::Match;
pub use compress::{compress_file, compress_folder};
pub use compress_options::CompressOptions;
pub use contents::{Contents, begins_like_safetensors};
pub use decompress::{DecompressOptions, decompress_file, decompress_folder};
pub(crate) use folder::is_index;
pub use folder::{MANIFEST, archives_in, checkpoints_in};
pub use names::{archive_name, restored_name};
pub use rebase::rebase_file;
pub use remove::{check_removable, remove_sources};
pub use source_file::SourceFile;
pub use summary::Summary;
pub use verify::{VerifyOptions, verify_file, verify_folder};

use crate::file_identity::FileIdentity;
use crate::{Error, Result};
use std::path::Path;

/// Extension of the files that are compressed.
pub const SAFETENSORS: &str = "safetensors";
/// Extension of the files that they become.
pub const WCODEC: &str = "wcodec";

/// The longest tensor that lies in a blob with others: a header, a table and an index of its own
/// are a per cent of a longer one.
const MOST_SHARED: u64 = 32 << 10;

/// Refuses to put the output where the source is, by whatever paths both are given.
fn check_distinct(source: &Path, target: &Path) -> Result<()> {
    match (FileIdentity::of_path(source), FileIdentity::of_path(target)) {
        (Ok(one), Ok(other)) if one.id() == other.id() => Err(Error::InvalidArgument(format!(
            "{} is the source itself: choose another output",
            target.display()
        ))),
        _ => Ok(()),
    }
}
