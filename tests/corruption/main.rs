//! Damaged blobs: nothing panics, nothing is taken on trust, and the library refuses what the
//! reference refuses.

mod fields;
mod flips;
mod memory;
mod mutation;
mod tiles;
mod truncation;

use support::{cpu, decode};
use wcodec::Error;

/// Decodes `bytes` with the library and the reference, which must agree whether it can be done and
/// on what comes out; says whether it could.
#[track_caller]
fn agree(bytes: &[u8], what: impl Fn() -> String) -> bool {
    match (decode(&cpu(), bytes), reference::decode_blob(bytes)) {
        (Ok(library), Ok(reference)) => {
            assert!(library == reference, "{}: decoded differently", what());
            true
        }
        (
            Err(
                Error::Corrupt { .. }
                | Error::UnknownFeature { .. }
                | Error::Truncated { .. }
                | Error::TrailingData { .. },
            ),
            Err(_),
        ) => false,
        (Err(other), Err(why)) => panic!("{}: {other:?}, where {why}", what()),
        (Err(error), Ok(_)) => panic!("{}: only the library refuses it: {error}", what()),
        (Ok(_), Err(why)) => panic!("{}: only the reference refuses it: {why}", what()),
    }
}
