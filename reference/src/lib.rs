//! The reference decoder: what FORMAT.md says, written down a second time.
//!
//! It imports nothing from the project and shares no constant with it, so that a mistake in the
//! library's one definition of the format cannot hide here too. It is slow and plain: every file
//! follows one section of FORMAT.md, one symbol, lane and element at a time. Every rule that
//! FORMAT.md states is checked; no input makes it panic, and it allocates only what the length
//! of the input has already proven.

mod archive;
mod blob;
mod bytes;
mod codec;
mod crc32c;
mod delta;
mod dtype;
mod elsewhere;
mod fields;
mod geometry;
mod header;
mod huffman;
mod index;
mod inflate;
mod json;
mod order;
pub mod packed;
mod parts;
mod places;
mod plane;
mod preamble;
mod predictor;
mod rans;
mod residuals;
mod short;
mod source;
mod split;
mod table;
mod tans;
mod text;
mod words;
mod xxh3;

pub use archive::{
    ReferenceArchive, ReferenceTensor, Sources, decode_archive, decode_archive_in,
    decode_archive_of,
};
pub use blob::decode_blob;
pub use crc32c::crc32c;
pub use delta::decode_delta;
pub use inflate::inflate;
pub use short::text_of;
pub use source::original_file;
pub use xxh3::xxh3;
