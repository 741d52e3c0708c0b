//! What is fuzzed. Each target takes any bytes and panics where something does not hold; libFuzzer runs them
//! (`make fuzz`), and so does `tests/fuzz`, over the corpus and what a simple mutator makes of it.

pub mod archive;
pub mod blob;
mod file;
pub mod header;
pub mod roundtrip;
pub mod safetensors;
pub mod tiles;
