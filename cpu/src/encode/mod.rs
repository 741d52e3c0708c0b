//! tANS encoding: the decoder's steps taken backwards, by any lanes that a CPU has (FORMAT.md section 6).

mod lanes;
mod rows;
mod table;
mod tile;
mod words;

pub use lanes::EncodeLanes;
pub use rows::Rows;
pub use table::EncodingTable;
#[cfg(target_arch = "x86_64")]
pub use table::Steps;
pub use tile::{TileSymbols, encode_any_tile};
