//! The header of a file and the sums after it (FORMAT.md sections 1.2 to 1.4).

mod fields;
mod packed;
mod places;
mod read;
mod short;
mod write;

pub(super) use packed::unpack;
pub(super) use read::Contents;
pub(super) use short::expand;
pub(super) use write::{BlobSums, Header, StoredHeader};
