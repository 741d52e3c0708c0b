//! A whole file, the checksums of preamble and header made right.

use super::file;
use crate::forged::{PREAMBLE, resign};
use wcodec::{Archive, Decoder, DeviceChoice, Result};

/// The file as it is, but for what no fuzzer would guess.
pub fn run(data: &[u8]) {
    let mut bytes = data.to_vec();
    if bytes.len() >= PREAMBLE {
        resign(&mut bytes);
    }
    agree(&bytes);
}

/// Library and reference read the file, or both refuse it, the library for a reason that is the
/// file's; says which.
pub fn agree(bytes: &[u8]) -> bool {
    let from_file = file::with(bytes, |path| read(&Archive::open(path)?));
    let from_memory = Archive::from_bytes(bytes.to_vec()).and_then(|archive| read(&archive));
    let [one, other] = [&from_file, &from_memory].map(|read| read.as_ref().map_err(code));
    assert_eq!(one, other, "from the file and from memory");
    match (from_file, reference::decode_archive(bytes)) {
        (Ok(decoded), Ok(by_reference)) => {
            let same = by_reference.tensors.iter().map(|tensor| &tensor.data).eq(&decoded);
            assert!(same, "they decode to different bytes");
            return true;
        }
        (Err(error), Ok(_)) => assert_eq!(error.code(), "limit_exceeded", "{error}"),
        (Err(error), Err(_)) => assert!(is_the_files(&error), "{error}"),
        (Ok(_), Err(why)) => panic!("only the reference refuses it: {why}"),
    }
    false
}

fn read(archive: &Archive) -> Result<Vec<Vec<u8>>> {
    let decoder = Decoder::open(DeviceChoice::Cpu)?;
    archive.decode_all(&decoder).map(|tensor| tensor.map(|(_, data)| data)).collect()
}

fn code(error: &wcodec::Error) -> &'static str {
    error.code()
}

/// Returns whether the file is at fault, or asks for more than is allowed or there.
fn is_the_files(error: &wcodec::Error) -> bool {
    error.is_bad_data() || matches!(error.code(), "limit_exceeded" | "base_needed")
}
