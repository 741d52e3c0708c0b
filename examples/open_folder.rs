//! Opens a folder of shards as one model, compressed or not, and decodes each tensor.
//!
//!     cargo run --release --example open_folder -- my-model.wcodec

use std::env;
use std::path::Path;
use wcodec::{Decoder, DeviceChoice, Model};

/// The name of each tensor, and its bytes.
pub fn open_folder(folder: &Path) -> wcodec::Result<Vec<(String, Vec<u8>)>> {
    let decoder = Decoder::open(DeviceChoice::Auto)?;
    let model = Model::open(folder)?; // an absent shard would be an error
    for warning in model.warnings() {
        eprintln!("{warning}");
    }
    let decode = |tensor: wcodec::ModelTensor<'_>| {
        Ok((tensor.name().to_owned(), tensor.decode(.., &decoder)?))
    };
    model.tensors().map(decode).collect()
}

fn main() -> wcodec::Result<()> {
    let folder = env::args_os().nth(1).expect("usage: open_folder FOLDER");
    for (name, bytes) in open_folder(folder.as_ref())? {
        println!("{name}: {} bytes", bytes.len());
    }
    Ok(())
}
