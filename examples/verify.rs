//! Checks an archive: every checksum, and that every tensor decodes to what was compressed.
//!
//!     cargo run --release --example verify -- model.wcodec

use std::env;
use std::path::Path;
use wcodec::convert::{Summary, VerifyOptions, verify_file};
use wcodec::{Decoder, DeviceChoice};

/// The error of a damaged archive names the place, such as a tensor and a tile.
pub fn verify(archive: &Path) -> wcodec::Result<Summary> {
    let decoder = Decoder::open(DeviceChoice::Auto)?;
    verify_file(archive, &VerifyOptions::new(&decoder), &())
}

fn main() -> wcodec::Result<()> {
    let archive = env::args_os().nth(1).expect("usage: verify ARCHIVE");
    println!("{} tensors are sound", verify(archive.as_ref())?.tensors);
    Ok(())
}
