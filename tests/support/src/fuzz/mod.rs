//! The fuzz targets. Each takes any bytes and panics where a property is violated; libFuzzer runs
//! them (`make fuzz`), and so does `tests/fuzz`, over the corpus and the output of a simple
//! mutator.

pub mod archive;
pub mod blob;
pub mod delta;
mod file;
pub mod header;
pub mod inflate;
pub mod roundtrip;
pub mod safetensors;
pub mod tiles;
