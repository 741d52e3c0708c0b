//! One field changed, and the file is refused.

use super::archive::sources;
use reference::decode_archive;
use serde_json::{Value, json};
use support::assembler::archive::{forged, safetensors_header, set, with_text};
use support::forged::{Forged, resign};

#[track_caller]
fn refused(file: &[u8], named: &str) {
    let why = decode_archive(file).err().expect(named);
    assert!(why.contains(named), "expected {named:?} in the error {why:?}");
}

#[test]
fn preamble_fields() {
    let valid = forged(&sources()).file();
    let length = valid.len() as u64;
    let fields: [(usize, usize, u64, &str); 14] = [
        (0, 1, 0, "magic"),
        (4, 2, 3, "major version 3 is newer"),
        (4, 2, 1, "never released"),
        (4, 2, 0, "major version 0"),
        (8, 4, 100_000, "do not expand"),
        (12, 4, 100_000_001, "too long"),
        (12, 4, 100_000_000, "do not expand"),
        (16, 4, 100_000, "a text of 100000 bytes"),
        (20, 4, 1, "header's CRC-32C"),
        (24, 8, length - 1, "file length"),
        (24, 8, u64::MAX, "file length"),
        (32, 8, 63, "blobs that end at 63"),
        (40, 4, 100_000, "a short text of 100000"),
        (59, 1, 1, "bytes 44 to 59"),
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
fn bytes_of_blobs_and_header() {
    let valid = forged(&sources()).file();
    let mut blob = valid.clone();
    blob[64] ^= 1;
    refused(&blob, "blob's CRC-32C");
    let mut sums = valid.clone();
    *sums.last_mut().unwrap() ^= 1;
    refused(&sums, "header's CRC-32C");
    resign(&mut sums);
    refused(&sums, "hash to");
    for end in [0, 3, 63, 64, 65, valid.len() - 49, valid.len() - 1] {
        assert!(decode_archive(&valid[..end]).is_err(), "cut at {end}");
    }
}

/// The file after a change of its text.
fn text(change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let sources = sources();
    let mut text = safetensors_header(&sources);
    change(&mut text);
    with_text(text.to_string().as_bytes(), &sources).file()
}

#[test]
fn members_of_the_text() {
    let changes = [
        ("/matrix/dtype", json!("BF17"), "BF17"),
        ("/matrix/dtype", json!("F32"), "make 12000"),
        ("/matrix/dtype", json!(1), "\"dtype\" has the wrong type"),
        ("/fours/shape", json!([3, 3]), "not whole bytes"),
        ("/matrix/shape", json!([30, 101]), "make 6060"),
        ("/matrix/shape", json!([1_u64 << 32, 1_u64 << 32]), "too large"),
        ("/matrix/shape", json!([-1]), "\"shape\" has the wrong type"),
        ("/matrix/data_offsets", json!([8, 6008]), "begins at 8"),
        ("/matrix/data_offsets", json!([0]), "are not two"),
        ("/matrix/data_offsets", json!([6000, 0]), "make 6000"),
        ("/matrix", json!(0), "it is not an object"),
    ];
    for (pointer, value, named) in changes {
        refused(&text(|text| *text.pointer_mut(pointer).unwrap() = value), named);
    }
    refused(&text(|text| *text = json!([])), "not one JSON object");
    refused(&text(|text| text["__metadata__"] = json!({ "format": 1 })), "not all strings");
    refused(&text(|text| drop(text.as_object_mut().unwrap().remove("fours"))), "the sums of 3");
}

#[test]
fn fields() {
    let sources = sources();
    let with = |change: fn(&mut Forged)| {
        let mut forged = forged(&sources);
        change(&mut forged);
        forged.file()
    };
    refused(&with(|forged| forged.fields.clear()), "the lengths of 4");
    refused(&with(|forged| forged.fields.push((3, vec![]))), "field 3 after field 3");
    refused(&with(|forged| forged.fields.push((2, b"a".to_vec()))), "field 2 after field 3");
    refused(&with(|forged| forged.fields.insert(0, (1, vec![0]))), "field 1 is not empty");
    refused(&with(|forged| forged.fields.insert(0, (2, b"a/b".to_vec()))), "one part of a path");
    refused(&with(|forged| forged.fields.insert(0, (2, vec![0xFF]))), "file name");
    refused(&with(|forged| forged.fields.push((129, vec![]))), "needs a newer reader");
    refused(&with(|forged| forged.fields.push((128, vec![1]))), "field 128 is not empty");
    let both = with(|forged| {
        forged.fields.insert(0, (1, vec![]));
        forged.fields.push((128, vec![]));
    });
    refused(&both, "fields 1 and 128");
    refused(&with(|forged| forged.fields[0].1.truncate(3)), "the lengths of 4");
    refused(&with(|forged| forged.fields[0].1[0] ^= 1), "the blobs end at");
    refused(&with(|forged| forged.sums.truncate(47)), "the sums of 4");
    refused(&with(|forged| forged.sums.push(0)), "the sums of 4");
}

/// "in no object two members have one name", in whichever object.
#[test]
fn members_of_one_name() {
    let sources = sources();
    for (once, twice) in [
        ("\"fours\":", "\"matrix\":{},\"fours\":"),
        ("\"dtype\":", "\"dtype\":\"U8\",\"dtype\":"),
        ("\"dtype\":", "\"later\":{\"a\":0,\"a\":0},\"dtype\":"),
    ] {
        let text = safetensors_header(&sources).to_string().replacen(once, twice, 1);
        refused(&with_text(text.as_bytes(), &sources).file(), "two members are named");
    }
}
