//! One field changed, and the file is refused.

use super::archive::sources;
use reference::decode_archive;
use serde_json::{Value, json};
use support::assembler::archive::{file, file_with_text, manifest, safetensors_header, set};

#[track_caller]
fn refused(file: &[u8], named: &str) {
    let why = decode_archive(file).err().expect(named);
    assert!(why.contains(named), "expected {named:?} in the error {why:?}");
}

#[test]
fn preamble_fields() {
    let sources = sources();
    let valid = file(&manifest(&sources), &sources);
    let length = valid.len() as u64;
    let fields: [(usize, usize, u64, &str); 11] = [
        (0, 1, 0, "magic"),
        (4, 2, 2, "major version 2 is newer"),
        (4, 2, 0, "major version 0"),
        (8, 8, 100_000_001, "too long"),
        (8, 8, 100_000_000, "do not lie in"),
        (8, 8, 2999, "header's CRC-32C"),
        (16, 4, 1, "header's CRC-32C"),
        (23, 1, 1, "bytes 20 to 23"),
        (24, 8, length - 1, "file length"),
        (24, 8, u64::MAX, "file length"),
        (59, 1, 1, "bytes 32 to 59"),
    ];
    for (offset, size, value, named) in fields {
        let mut changed = valid.clone();
        set(&mut changed, offset, size, value);
        refused(&changed, named);
    }
    let mut changed = valid;
    changed[60] ^= 1;
    refused(&changed, "preamble's CRC-32C");
}

#[test]
fn bytes_outside_the_blobs() {
    let sources = sources();
    let valid = file(&manifest(&sources), &sources);
    let mut padded = valid.clone();
    padded[64 + 3000] = 1;
    refused(&padded, "padding before the blob");
    let mut longer = valid.clone();
    longer.push(0);
    set(&mut longer, 24, 8, valid.len() as u64 + 1);
    refused(&longer, "the blobs end at");
    let mut blob = valid.clone();
    *blob.last_mut().unwrap() ^= 1;
    refused(&blob, "blob's CRC-32C");
    for end in [0, 3, 63, 64, 3063, 3064, 3072, valid.len() - 1] {
        assert!(decode_archive(&valid[..end]).is_err(), "cut at {end}");
    }
}

#[test]
fn tensor_members() {
    let sources = sources();
    let changes = [
        ("/tensors/1/name", json!("matrix"), "two tensors"),
        ("/tensors/0/name", json!(1), "\"name\" has the wrong type"),
        ("/tensors/0/dtype", json!("BF17"), "BF17"),
        ("/tensors/0/dtype", json!("F32"), "make 12000"),
        ("/tensors/3/shape", json!([3, 3]), "not whole bytes"),
        ("/tensors/0/shape", json!([30, 101]), "make 6060"),
        ("/tensors/0/shape", json!([1_u64 << 32, 1_u64 << 32]), "too large"),
        ("/tensors/0/shape", json!([-1]), "\"shape\" has the wrong type"),
        ("/tensors/0/offset", json!(3328), "should be at 3072"),
        ("/tensors/0/length", json!(16), "should be at"),
        ("/tensors/3/length", json!(u64::MAX), "do not lie in"),
        ("/tensors/0/crc32c", json!(1), "CRC-32C"),
        ("/tensors/0/crc32c", json!(1_u64 << 32), "exceeds 32 bits"),
        ("/tensors/0/xxh3", json!("0123456789abcdef"), "hash to"),
        ("/tensors/0/xxh3", json!("0123456789ABCDEF"), "lower-case hex"),
        ("/tensors/0/xxh3", json!("+123456789abcdef"), "lower-case hex"),
        ("/tensors", json!({}), "\"tensors\" has the wrong type"),
    ];
    for (pointer, value, named) in changes {
        let mut header = manifest(&sources);
        *header.pointer_mut(pointer).unwrap() = value;
        refused(&file(&header, &sources), named);
    }
    refused(&file(&json!({}), &sources), "\"tensors\" is missing");
    refused(&file(&json!([]), &sources), "not one JSON object");
}

/// "members of the same name twice in one object are an error", in whichever object.
#[test]
fn members_of_one_name() {
    let sources = sources();
    for (once, twice) in [
        ("\"tensors\":", "\"tensors\":[],\"tensors\":"),
        ("\"dtype\":", "\"dtype\":\"U8\",\"dtype\":"),
        ("\"tensors\":", "\"later\":{\"a\":0,\"a\":0},\"tensors\":"),
    ] {
        let text = manifest(&sources).to_string().replacen(once, twice, 1);
        refused(&file_with_text(text.as_bytes(), &sources), "two members are named");
    }
}

/// The file with `change` made to its safetensors header, and `metadata` given.
fn with_source(metadata: Value, change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let sources = sources();
    let mut source_header = safetensors_header(&sources);
    change(&mut source_header);
    let mut header = manifest(&sources);
    header["safetensors_header"] = json!(source_header.to_string());
    if !metadata.is_null() {
        header["metadata"] = metadata;
    }
    file(&header, &sources)
}

#[test]
fn a_source_that_is_not_the_source() {
    let changes = [
        ("/matrix/dtype", json!("F16"), "dtype F16"),
        ("/matrix/shape", json!([100, 30]), "shape [100, 30]"),
        ("/matrix/data_offsets", json!([8, 6008]), "data_offsets"),
        ("/matrix", json!(0), "\"matrix\" has the wrong type"),
    ];
    for (pointer, value, named) in changes {
        refused(&with_source(json!(null), |h| *h.pointer_mut(pointer).unwrap() = value), named);
    }
    refused(&with_source(json!(null), |h| h["more"] = h["empty"].clone()), "it lists 5");
    refused(&with_source(json!({ "format": "pt" }), |_| ()), "`__metadata__`");
    let sources_own = json!({ "format": "pt" });
    refused(&with_source(json!(null), |h| h["__metadata__"] = sources_own), "`__metadata__`");
    refused(&with_source(json!({ "format": 1 }), |_| ()), "not all strings");
}
