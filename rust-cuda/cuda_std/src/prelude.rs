//! The items that nearly every kernel uses: `use cuda_std::prelude::*;`.

pub use crate::{kernel, thread};
