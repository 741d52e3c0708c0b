//! The encode program's machine on a GPU, and the kernels beside it.

mod choose;
mod code;
mod count;
mod gather;
mod job;
mod kernels;
mod lanes;
mod packed_table;
mod pairs;
mod place;
mod ptx;
mod source;
mod states;
mod table;
mod warp;
