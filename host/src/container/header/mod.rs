//! The JSON header of a file (FORMAT.md section 1.2).

mod entry;
mod read;
mod source;
mod write;

pub(super) use read::Contents;
pub(super) use source::{TensorsOfSource, check_source};
pub(super) use write::{Entry, Header};
