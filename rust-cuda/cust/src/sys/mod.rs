//! The driver's interface as its header declares it: types, result codes and functions.
//!
//! In Rust-CUDA this is the crate `cust_raw`, whose functions are the linker's. Here they are
//! ordinary Rust functions, which call through the table, and so export nothing.

#![allow(non_camel_case_types, non_snake_case)]

mod functions;
mod result;
mod types;

pub(crate) use functions::Table;
pub use functions::*;
pub use result::{CUresult, cudaError_enum};
pub use types::*;
