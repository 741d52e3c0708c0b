//! Reads some rows of a tensor, such as the embeddings of a few tokens, without decoding the rest.
//!
//!     cargo run --release --example read_rows -- model.wcodec embedding.weight 7 1000 31

use std::env;
use std::path::Path;
use wcodec::{Archive, Decoder, DeviceChoice};

/// The bytes of each of these rows, indices of the tensor's first dimension.
pub fn read_rows(archive: &Path, name: &str, rows: &[u64]) -> wcodec::Result<Vec<Vec<u8>>> {
    let decoder = Decoder::open(DeviceChoice::Cpu)?; // a GPU is given whole tensors
    let archive = Archive::open(archive)?;
    let reader = archive.reader(name)?; // reads and parses the tensor's front, once
    reader.check()?; // compares the checksum of the tensor, once
    rows.iter().map(|&row| reader.decode(row..=row, &decoder)).collect()
}

fn main() -> wcodec::Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [archive, name, rows @ ..] = &arguments[..] else {
        panic!("usage: read_rows ARCHIVE TENSOR ROW...")
    };
    let rows: Vec<u64> = rows.iter().map(|row| row.parse().expect("a number of a row")).collect();
    for (row, bytes) in rows.iter().zip(read_rows(archive.as_ref(), name, &rows)?) {
        println!("row {row}: {} bytes", bytes.len());
    }
    Ok(())
}
