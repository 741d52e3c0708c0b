//! I-JSON (RFC 7493), read front to back without a copy of it.
//!
//! A parser of JSON in general takes the last of two members of one name, memory of its own for
//! every value, and aborts where it gets none. With a file from a stranger, two readers would see
//! two different files, and memory of many times its length would be taken. Here the whole text is
//! proven sound first, and then read as often as needed; the reader chooses what to keep.

mod fault;
mod length;
mod names;
mod parser;
mod scalar;
mod text;

pub(crate) use fault::Fault;
pub(crate) use length::JsonLength;
pub(crate) use parser::{Parser, Sound};
pub(crate) use text::Text;
