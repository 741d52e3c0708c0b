//! Files with tensors that share blobs, or have the bytes of others, after damage.

use super::equal::repeated;
use super::{blobs, there_and_back};
use std::fs;
use support::cpu;
use support::forged::stored_header;
use wcodec::Archive;
use wcodec::convert::{VerifyOptions, verify_file};

/// Every tensor of a damaged blob is refused, whichever way it is read, and no other.
#[test]
fn damage_to_a_shared_blob_is_told() {
    let pair = there_and_back(&repeated(2));
    let (sound, decoder) = (fs::read(&pair.archive).unwrap(), cpu());
    let archive = Archive::from_bytes(sound.clone()).unwrap();
    for damaged in ["layers.0.norm.weight", "layers.3.scale", "layers.1.proj.weight"] {
        let info = archive.tensor(damaged).unwrap();
        let mut bytes = sound.clone();
        bytes[(info.blob_offset() + info.blob_len() / 2) as usize] ^= 0x10;
        let read = Archive::from_bytes(bytes.clone()).unwrap();
        for tensor in read.tensors() {
            let is_bad = tensor.blob_number() == info.blob_number();
            let name = tensor.name();
            assert_eq!(read.decode_tensor(name, &decoder).is_err(), is_bad, "{damaged}, {name}");
        }
        fs::write(&pair.archive, bytes).unwrap();
        let error = verify_file(&pair.archive, &VerifyOptions::new(&decoder), &()).unwrap_err();
        assert_eq!(error.code(), "corrupt");
    }
}

/// A wrong hash of one tensor in a shared blob is told of that tensor alone.
#[test]
fn hashes_are_of_tensors() {
    let pair = there_and_back(&repeated(2));
    let mut bytes = fs::read(&pair.archive).unwrap();
    let (blobs, decoder) = (blobs(&pair.archive), cpu());
    // The third tensor is the first scale.
    let at = stored_header(&bytes).end + 4 * blobs + 2 * 8;
    bytes[at] ^= 1;
    support::forged::resign(&mut bytes);
    let archive = Archive::from_bytes(bytes).unwrap();
    let bad =
        archive.tensors().iter().filter(|t| archive.decode_tensor(t.name(), &decoder).is_err());
    let bad: Vec<&str> = bad.map(|tensor| tensor.name()).collect();
    assert_eq!(bad, ["layers.0.scale", "layers.1.scale", "layers.2.scale"]);
}
