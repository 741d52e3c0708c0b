//! Damage of any kind is told.

use super::{Folder, manifest, write};
use std::os::unix::fs::FileExt;
use support::forged::{Forged, PREAMBLE, sign, stored_header};
use wcodec::container::MAX_HEADER_LEN;
use wcodec::{Archive, Error};

#[test]
fn every_flipped_bit_is_found() {
    let (folder, file) = (Folder::new(), write(manifest()));
    let (path, end) = (folder.put(&file), stored_header(&file).start);
    // One file, changed in place: thousands of new ones would keep the disk busy.
    let handle = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    for bit in 0..8 * file.len() {
        let byte = file[bit / 8];
        handle.write_all_at(&[byte ^ (1 << (bit % 8))], bit as u64 / 8).unwrap();
        let opened = Archive::open(&path);
        if !(PREAMBLE..end).contains(&(bit / 8)) {
            let error = opened.expect_err("damage to the preamble or header");
            assert!(error.is_bad_data(), "bit {bit}: {error}");
        } else {
            let result = read_all(&opened.unwrap());
            assert!(matches!(result, Err(Error::Corrupt { .. })), "bit {bit}: {result:?}");
        }
        handle.write_all_at(&[byte], bit as u64 / 8).unwrap();
    }
    read_all(&Archive::open(&path).unwrap()).unwrap();
}

fn read_all(archive: &Archive) -> wcodec::Result<()> {
    archive.tensors().iter().try_for_each(|tensor| archive.read_blob(tensor).map(drop))
}

#[test]
fn every_truncation_is_found() {
    let (folder, file) = (Folder::new(), write(manifest()));
    let path = folder.put(&file);
    let handle = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    for len in (0..file.len()).rev() {
        handle.set_len(len as u64).unwrap();
        let error = Archive::open(&path).expect_err("a truncated file");
        assert!(
            matches!(error, Error::Truncated { actual, .. } if actual == len as u64),
            "{len} bytes: {error}"
        );
    }
}

#[test]
fn every_appended_byte_is_found() {
    let (folder, mut file) = (Folder::new(), write(manifest()));
    file.push(0);
    assert!(matches!(folder.open(&file), Err(Error::TrailingData { .. })));
}

#[test]
fn reserved_bytes_are_zero_in_every_minor_version() {
    let folder = Folder::new();
    for minor in [0, 1] {
        let mut forged = Forged::of_text("{}");
        forged.version.1 = minor;
        let mut file = forged.file();
        assert!(folder.open(&file).is_ok(), "minor version {minor}");
        for at in 44..60 {
            file[at] = 1;
            sign(&mut file);
            let error = folder.open(&file).unwrap_err();
            assert_eq!(error.code(), "corrupt", "byte {at}, minor version {minor}");
            file[at] = 0;
        }
    }
}

#[test]
fn a_header_length_is_not_believed() {
    let folder = Folder::new();
    let mut file = Forged::of_text("{}").file();
    file[12..16].copy_from_slice(&(MAX_HEADER_LEN as u32 + 1).to_le_bytes());
    sign(&mut file);
    assert!(matches!(folder.open(&file), Err(Error::LimitExceeded { .. })));
    for len in [1, 3, 128, 129, MAX_HEADER_LEN as u32] {
        file[12..16].copy_from_slice(&len.to_le_bytes());
        sign(&mut file);
        assert!(matches!(folder.open(&file), Err(Error::Corrupt { .. })));
    }
}
