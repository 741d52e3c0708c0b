//! Damaged blobs: nothing panics, nothing is taken on trust, and the library refuses what the
//! reference refuses.

#[path = "reference/assembler/mod.rs"]
mod assembler;
#[path = "corruption/fields.rs"]
mod fields;
#[path = "corruption/flips.rs"]
mod flips;
#[path = "corruption/memory.rs"]
mod memory;
mod mutants;
#[path = "corruption/mutation.rs"]
mod mutation;
mod reference;
mod support;
#[path = "corruption/tiles.rs"]
mod tiles;
#[path = "corruption/truncation.rs"]
mod truncation;

use support::{cpu, decode};
use wcodec::Error;

/// Decodes `bytes` with the library and the reference, which must agree whether it can be done and on
/// what comes out; says whether it could.
#[track_caller]
fn agree(bytes: &[u8], what: impl Fn() -> String) -> bool {
    match (decode(&cpu(), bytes), reference::decode_blob(bytes)) {
        (Ok(library), Ok(reference)) => {
            assert!(library == reference, "{}: decoded differently", what());
            true
        }
        (
            Err(Error::Corrupt { .. } | Error::Truncated { .. } | Error::TrailingData { .. }),
            Err(_),
        ) => false,
        (Err(other), Err(why)) => panic!("{}: {other:?}, where {why}", what()),
        (Err(error), Ok(_)) => panic!("{}: only the library refuses it: {error}", what()),
        (Ok(_), Err(why)) => panic!("{}: only the reference refuses it: {why}", what()),
    }
}
