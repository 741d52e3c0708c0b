//! Decoding on the CPU.

mod cpu;
mod tile;
mod tile_rows;

pub(crate) use cpu::decode_range;
pub(crate) use tile_rows::TileRows;
