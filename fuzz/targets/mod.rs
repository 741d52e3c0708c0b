//! What is fuzzed. Each target takes any bytes and panics where something does not hold; libFuzzer runs them
//! (`make fuzz`), and so does `tests/fuzz.rs`, over the corpus and what a simple mutator makes of it.

// Each binary runs one of them.
#![allow(dead_code)]

pub mod archive;
pub mod blob;
mod file;
pub mod header;
#[path = "../../tests/reference/mod.rs"]
pub mod reference;
pub mod roundtrip;
pub mod safetensors;
pub mod tiles;
