//! The encode program: the decoder's steps taken backwards (FORMAT.md section 6).

mod stream;
mod tile;
mod warp;

pub use tile::{encode_tile, most_words};
pub use warp::{EncodeLanes, EncodeWarp};
