//! The encode program: the decoder's steps taken backwards (FORMAT.md section 6).

mod stream;
mod table;
mod tile;
mod warp;

pub use table::{EncodingTable, Steps};
pub use tile::{encode_tile, most_words};
pub use warp::{EncodeLanes, EncodeWarp};
