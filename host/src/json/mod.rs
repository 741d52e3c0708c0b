//! I-JSON (RFC 7493), read front to back without a copy of it.
//!
//! A parser of JSON in general takes the last of two members of one name, memory of its own for every value, and aborts
//! where it gets none. Of a file from a stranger that would have two readers see two files, and cost many times its
//! length. Here a text is proven sound first, all of it, and then read as often as is of use: what is kept is the reader's
//! choice.

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
