//! Sizes one below, on and one above every edge, and what only rare data brings about.

#[path = "reference/assembler/mod.rs"]
mod assembler;
#[path = "edges/by_hand.rs"]
mod by_hand;
#[path = "edges/elements.rs"]
mod elements;
#[path = "edges/entropy.rs"]
mod entropy;
#[path = "edges/exceptions.rs"]
mod exceptions;
#[path = "edges/lengths.rs"]
mod lengths;
#[path = "edges/ranges.rs"]
mod ranges;
mod reference;
mod support;
#[path = "edges/tables.rs"]
mod tables;
#[path = "edges/words.rs"]
mod words;
