//! A blob: header, tables and index, and whatever follows.

use wcodec::{Blob, Decoder, DeviceChoice, Result};

/// Library and reference decode it to the same, or both refuse it.
pub fn run(data: &[u8]) {
    match (decode(data), reference::decode_blob(data)) {
        (Ok(library), Ok(reference)) => assert!(library == reference, "they differ"),
        (Err(error), Err(_)) => assert!(error.is_bad_data(), "{error}"),
        (Err(error), Ok(_)) => panic!("only the library refuses it: {error}"),
        (Ok(_), Err(why)) => panic!("only the reference refuses it: {why}"),
    }
}

fn decode(data: &[u8]) -> Result<Vec<u8>> {
    let blob = Blob::parse(data)?;
    let mut decoded = vec![0xA5; blob.byte_len() as usize];
    Decoder::open(DeviceChoice::Cpu)?.decode(&blob, &mut decoded)?;
    assert_eq!(blob.layout().blob_len, data.len() as u64);
    let _ = blob.summary();
    Ok(decoded)
}
