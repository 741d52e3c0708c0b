//! Compresses a safetensors file, and decodes what was written as a check.
//!
//!     cargo run --release --example compress -- model.safetensors model.wcodec

use std::env;
use std::path::{Path, PathBuf};
use wcodec::convert::{CompressOptions, Summary, compress_file};
use wcodec::{Decoder, DeviceChoice, Encoder, Profile};

/// `target` must not exist; it appears whole or not at all.
pub fn compress(source: &Path, target: &Path) -> wcodec::Result<Summary> {
    let decoder = Decoder::open(DeviceChoice::Auto)?;
    let encoder = Encoder::new().profile(Profile::Ratio);
    let options = CompressOptions::new().encoder(encoder).verify(&decoder);
    compress_file(source, target, &options, &()) // a `Progress` in place of `()` is told how far it is
}

fn main() -> wcodec::Result<()> {
    let paths: Vec<PathBuf> = env::args_os().skip(1).map(PathBuf::from).collect();
    let [source, target] = &paths[..] else { panic!("usage: compress SOURCE TARGET") };
    let summary = compress(source, target)?;
    println!("{} bytes became {}", summary.input_bytes, summary.output_bytes);
    Ok(())
}
