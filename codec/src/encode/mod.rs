//! The encode program: the decoder's steps taken backwards (FORMAT.md section 6).

mod choice;
mod frequencies;
mod placing;
mod rans;
mod split;
mod stream;
mod tile;
mod warp;

pub use choice::{
    BYTES_AN_EXCEPTION, CodecChoice, SAMPLED_ROWS, Scale, are_sampled_pairs_enough, bits_of,
    choose, is_sampled_pair, order, pair_codecs, pairs_bits, rank_count, value_bits,
};
pub use frequencies::{Shares, frequencies};
pub use placing::{
    CodedParts, Extent, Front, HeaderEnd, MOST_TABLE_BYTES, padded, tile_exceptions,
};
pub use rans::encode_rans_tile;
pub use split::{coded_words, raw_words};
pub use tile::{encode_tile, most_words};
pub use warp::{EncodeLanes, EncodeWarp, RansEncodeWarp, TansEncodeWarp};
