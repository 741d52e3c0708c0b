//! Decoding on the CPU.

mod columns;
mod cpu;
mod tile;

pub(crate) use columns::decode_columns;
pub(crate) use cpu::decode_range;
