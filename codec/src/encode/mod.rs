//! The encode program: the decoder's steps taken backwards (FORMAT.md section 6).

mod frequencies;
mod placing;
mod rans;
mod split;
mod stream;
mod tile;
mod warp;

pub use frequencies::{Shares, cost, frequencies};
pub use placing::{Extent, Front, HeaderEnd, MOST_TABLE_BYTES, most_bits, padded};
pub use rans::encode_rans_tile;
pub use split::{coded_words, raw_words};
pub use tile::{encode_tile, most_words};
pub use warp::{EncodeLanes, EncodeWarp, RansEncodeWarp, TansEncodeWarp};
