//! Restores the safetensors file that an archive was made from, to the byte.
//!
//!     cargo run --release --example decompress -- model.wcodec restored.safetensors

use std::env;
use std::path::{Path, PathBuf};
use wcodec::convert::{DecompressOptions, Summary, decompress_file};
use wcodec::{Decoder, DeviceChoice};

/// `target` must not exist; it appears whole or not at all.
pub fn decompress(source: &Path, target: &Path) -> wcodec::Result<Summary> {
    let decoder = Decoder::open(DeviceChoice::Auto)?;
    decompress_file(source, target, &DecompressOptions::new(&decoder), &())
}

fn main() -> wcodec::Result<()> {
    let paths: Vec<PathBuf> = env::args_os().skip(1).map(PathBuf::from).collect();
    let [source, target] = &paths[..] else { panic!("usage: decompress SOURCE TARGET") };
    println!("{} tensors restored", decompress(source, target)?.tensors);
    Ok(())
}
