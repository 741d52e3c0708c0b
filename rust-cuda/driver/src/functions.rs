//! The functions, by what they work on: all that `cust` 0.3 calls, and a few that it lacks.
//!
//! Those that exist in several versions have the symbol of the version that `cust` declares,
//! which is not always the one that today's `cuda.h` gives the plain name.

#![allow(clippy::too_many_arguments, non_snake_case)]

mod context;
mod error_text;
mod execution;
mod graph;
mod image;
mod memory;
mod module;
