//! The header of a safetensors file with data after it.

use super::file;
use std::io::Cursor;
use std::path::Path;
use wcodec::safetensors_file::safetensors_header;
use wcodec::{ArchiveWriter, SafetensorsFile};

/// Bytes of tensors after the header.
const DATA: usize = 64;

/// A file that opens can be read to the last tensor, has its own header, and can become an archive.
pub fn run(data: &[u8]) {
    let mut bytes = (data.len() as u64).to_le_bytes().to_vec();
    bytes.extend_from_slice(data);
    bytes.extend(0..DATA as u8);
    file::with(&bytes, |path| match SafetensorsFile::open(path) {
        Ok(source) => check(&source, data),
        Err(error) => assert!(error.is_bad_data(), "{error}"),
    });
}

fn check(source: &SafetensorsFile, header: &[u8]) {
    let manifest = source.manifest();
    let mut all = Vec::new();
    let mut tensor = Vec::new();
    for (index, spec) in manifest.tensors.iter().enumerate() {
        source.read_tensor(index, &mut tensor).expect("its header was checked");
        assert_eq!(spec.byte_len().ok(), Some(tensor.len() as u64));
        all.extend_from_slice(&tensor);
    }
    assert!(all.iter().copied().eq(0..DATA as u8), "the tensors are not the data");
    let written = safetensors_header(manifest).expect("it has one");
    assert!(written.as_bytes() == header, "another header");
    // Names may be refused, or too long; nothing else.
    let writer = ArchiveWriter::new(Cursor::new(Vec::new()), Path::new("x"), manifest.clone());
    if let Err(error) = writer {
        let expected = error.code() == "limit_exceeded" || error.to_string().contains("its name");
        assert!(expected, "{error}");
    }
}
