//! Reads one tensor of an archive, as numbers.
//!
//!     cargo run --release --example read_tensor -- model.wcodec layer.weight

use std::env;
use std::path::Path;
use wcodec::{Archive, Decoder, DeviceChoice};

/// The elements of a tensor of dtype F32; another is an error that says which type to take.
pub fn read_tensor(archive: &Path, name: &str) -> wcodec::Result<Vec<f32>> {
    let decoder = Decoder::open(DeviceChoice::Auto)?;
    let archive = Archive::open(archive)?; // only the header is read
    archive.decode_vec(name, &decoder)
}

fn main() -> wcodec::Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [archive, name] = &arguments[..] else { panic!("usage: read_tensor ARCHIVE TENSOR") };
    let values = read_tensor(archive.as_ref(), name)?;
    println!("{} values, the first {:?}", values.len(), values.first());
    Ok(())
}
