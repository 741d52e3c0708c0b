//! Files that are damaged, or are something else: exit status 1, and nothing is left.

use crate::{BAD_DATA, COULD_NOT, done, fails, folder_with_archive, wcodec};
use std::fs;
use support::forged;
use support::program::stderr;
use support::safetensors_source::{file, file_of, put, small_model};
use tempfile::TempDir;
use wcodec::Archive;

#[test]
fn what_is_not_safetensors_is_bad_data() {
    let folder = TempDir::new().unwrap();
    let whole = small_model();
    let mut long = whole.clone();
    long.push(0);
    let twice = r#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#;
    for (bytes, said) in [
        (b"".as_slice(), "is not a safetensors file: it has only 0 bytes"),
        (&[0xff; 64], "is not a safetensors file"),
        (&[b' '; 5000], "is not a safetensors file"),
        (b"WCDC\x01\0\0\0more", "it is a .wcodec file already"),
        (b"version https://git-lfs.github.com/spec/v1", "git lfs pull"),
        (&whole[..whole.len() - 1], "download or copy it again"),
        (&whole[..100], "download or copy it again"),
        (&long, "download or copy it again"),
        (&file(twice, b"x"), "\"a\" occurs twice"),
    ] {
        put(folder.path(), "bad.safetensors", bytes);
        let said = ["bad.safetensors", said];
        fails(folder.path(), &["compress", "bad.safetensors"], BAD_DATA, &said);
        // In a folder it is carried as it is, and told of.
        put(folder.path(), "in/bad.safetensors", bytes);
        let told = stderr(&done(folder.path(), &["compress", "--force", "in"]));
        assert!(told.contains("WARN") && said.iter().all(|part| told.contains(part)), "{told}");
    }
}

#[test]
fn what_is_not_an_archive_is_bad_data() {
    let folder = folder_with_archive();
    let folder = folder.path();
    let whole = fs::read(folder.join("model.wcodec")).unwrap();
    fs::remove_file(folder.join("model.wcodec")).unwrap();
    let elsewhere = TempDir::new().unwrap();
    let outside = elsewhere.path().join("out");
    let outside = outside.to_str().unwrap();
    let last_blob = forged::stored_header(&whole).start;
    let changed = |at: usize, to: u8| {
        let mut bytes = whole.clone();
        bytes[at] = to;
        bytes
    };
    let long = [whole.as_slice(), b"0"].concat();
    for (bytes, said) in [
        (Vec::new(), "bad.wcodec is 0 bytes long, it should be 64"),
        (vec![b'x'; 99], "is not a .wcodec file: it does not begin with WCDC"),
        (small_model(), "looks like a safetensors file: compress it first"),
        (changed(4, 3), "the preamble of bad.wcodec is corrupt: its checksum"),
        (changed(40, 1), "the preamble of bad.wcodec is corrupt: its checksum"),
        (changed(whole.len() - 20, 0xA5), "the header of bad.wcodec is corrupt: its checksum"),
        (changed(last_blob - 20, 0xA5), "\"layer.0.weight\" of bad.wcodec is corrupt"),
        (whole[..63].to_vec(), "bad.wcodec is 63 bytes long, it should be"),
        (whole[..whole.len() - 1].to_vec(), "download or copy it again"),
        (long, "download or copy it again"),
    ] {
        put(folder, "bad.wcodec", &bytes);
        for command in ["decompress", "verify", "inspect"] {
            fails(folder, &[command, "bad.wcodec"], BAD_DATA, &["bad.wcodec", said]);
        }
        fails(folder, &["decompress", ".", "-o", outside], BAD_DATA, &["bad.wcodec"]);
        fails(folder, &["verify", "."], BAD_DATA, &["bad.wcodec"]);
    }
}

/// Changes bytes of the one blob and signs the archive again, so that only decoding can find out.
fn resign(archive: &mut [u8], change: impl FnOnce(&mut [u8])) {
    let info = Archive::from_bytes(archive.to_vec()).unwrap().tensors()[0].clone();
    let start = info.blob_offset() as usize;
    let blob = &mut archive[start..start + info.blob_len() as usize];
    change(blob);
    let crc = crc32c::crc32c(blob).to_le_bytes();
    let sums = forged::stored_header(archive).end;
    archive[sums..sums + 4].copy_from_slice(&crc);
    forged::resign(archive);
}

#[test]
fn a_tile_that_ends_in_the_wrong_state_is_bad_data() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    put(folder, "m.safetensors", &file_of(&[("w", "BF16", "[64,96]", 64 * 96 * 2)], None));
    done(folder, &["-q", "compress", "m.safetensors", "--rm"]);
    let whole = fs::read(folder.join("m.wcodec")).unwrap();
    let mut found_by_state = false;
    for place in 1..60 {
        let mut archive = whole.clone();
        resign(&mut archive, |blob| blob[blob.len() * place / 60] ^= 0x10);
        put(folder, "m.wcodec", &archive);
        // Damage to raw bytes ends in the hash, damage to coded words mostly in a tile's states.
        fails(folder, &["decompress", "m.wcodec"], BAD_DATA, &["\"w\" of m.wcodec"]);
        let said = stderr(&wcodec(folder, &["verify", "m.wcodec"]).output().unwrap());
        found_by_state |= said.contains("tile");
    }
    assert!(found_by_state, "no tile was ever found in a wrong state");
}

#[test]
fn a_wrong_hash_is_bad_data() {
    let folder = folder_with_archive();
    let folder = folder.path();
    let mut archive = fs::read(folder.join("model.wcodec")).unwrap();
    // The sums are the checksums of all blobs, then the hashes.
    let count = Archive::from_bytes(archive.clone()).unwrap().tensors().len();
    let at = forged::stored_header(&archive).end + 4 * count;
    archive[at] ^= 1;
    forged::resign(&mut archive);
    put(folder, "model.wcodec", &archive);
    let said = ["\"embed.weight\" of model.wcodec", "does not decode to the bytes"];
    fails(folder, &["decompress", "model.wcodec"], BAD_DATA, &said);
    fails(folder, &["verify", "model.wcodec"], BAD_DATA, &said);
}

/// Of a file that is whole, one that is damaged, and ones of other versions, each says which.
#[test]
fn other_versions_are_told_from_damage() {
    let folder = folder_with_archive();
    let folder = folder.path();
    let archive = fs::read(folder.join("model.wcodec")).unwrap();
    for (major, minor, said) in [
        (1, 0, "only an unreleased wcodec wrote: compress its source again"),
        (3, 1, "has format version 3.1, this program reads up to 2.x: use a newer wcodec"),
        (0, 0, "there is no format version 0"),
    ] {
        let mut other = archive.clone();
        other[4..8].copy_from_slice(&[major, 0, minor, 0]);
        put(folder, "damaged.wcodec", &other);
        forged::resign(&mut other);
        put(folder, "other.wcodec", &other);
        for command in ["verify", "decompress", "inspect"] {
            fails(folder, &[command, "other.wcodec"], BAD_DATA, &[said]);
            fails(folder, &[command, "damaged.wcodec"], BAD_DATA, &["checksum does not match"]);
        }
    }
}

/// Each limit, on every command that reads archives; raised again, the last one counts.
#[test]
fn archives_that_ask_for_more_than_a_limit_are_refused() {
    let folder = folder_with_archive();
    let read = |command: &'static str, limits: &[&'static str]| {
        let mut arguments = vec![command, "model.wcodec"];
        limits.iter().for_each(|limit| arguments.extend(["--limit", limit]));
        arguments
    };
    for (limit, what) in [
        ("header_bytes=10", "the header length in bytes"),
        ("tensors=1", "the number of tensors is"),
        ("name_bytes=1", "the length of a tensor's name"),
        ("json_depth=1", "the depth of nested JSON"),
        ("tensor_bytes=1", "the decoded length of a tensor"),
    ] {
        let said = [what, "the limit is 1", "--limit"];
        fails(folder.path(), &read("verify", &[limit]), COULD_NOT, &said);
    }
    for command in ["decompress", "inspect", "analyze"] {
        fails(folder.path(), &read(command, &["tensors=1"]), COULD_NOT, &["the limit is 1"]);
    }
    done(folder.path(), &read("verify", &["tensors=1", "tensors=100"]));
    for (limit, why) in
        [("rows=1", "no limit \"rows\""), ("tensors", "no ="), ("tensors=x", "\"x\"")]
    {
        fails(folder.path(), &read("verify", &[limit]), COULD_NOT, &[why]);
    }
}
