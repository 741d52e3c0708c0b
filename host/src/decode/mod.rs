//! Decoding on the CPU.

mod columns;
mod cpu;
mod tile;
mod tile_rows;

pub(crate) use columns::decode_columns;
pub(crate) use cpu::decode_range;
pub(crate) use tile_rows::TileRows;
