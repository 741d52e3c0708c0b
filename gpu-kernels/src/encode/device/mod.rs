//! The encode program's machine on a GPU, and the kernels beside it.

mod choose;
mod code;
mod count;
mod count_pairs;
mod counters;
mod gather;
mod job;
mod kernels;
mod lanes;
mod packed_table;
mod pair_row;
mod pairs;
mod place;
mod ptx;
mod source;
mod starts;
mod states;
mod table;
mod warp;
