//! A blob (FORMAT.md section 7), parsed and checked: its front, its parts, and the parts of its
//! tiles.

mod front;
mod parts;
mod whole;

pub use front::BlobFront;
pub(crate) use parts::{Part, Parts, Places};
pub use whole::{Blob, BlobSummary};

use crate::Error;

/// The error for a tile that did not end as it must.
pub(crate) fn corrupt_tile(tile: u32) -> Error {
    let reason = "its states, words or exceptions do not end as they must";
    Error::corrupt(format!("tile {tile}"), reason)
}
