//! The entropy coders: from a tile's words to symbols and back. A plane codec takes any of them
//! that is a [`crate::plane::SymbolSource`].

pub mod rans;
pub mod tans;
