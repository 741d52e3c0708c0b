//! What is written is what FORMAT.md says, and is read again.

use super::{Folder, blob, manifest, spec, write};
use miniz_oxide::inflate::decompress_to_vec;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;
use support::Random;
use support::forged::{PREAMBLE, inflated_len, stored_header};
use twox_hash::XxHash3_64;
use wcodec::container::{ContentHash, Manifest, Metadata};
use wcodec::safetensors_file::safetensors_header;
use wcodec::{Archive, ArchiveWriter, Dtype, Error};

#[test]
fn what_was_written_is_read() {
    let (folder, manifest) = (Folder::new(), manifest());
    let archive = folder.open(&write(manifest.clone())).unwrap();
    assert_eq!(archive.metadata(), manifest.metadata.as_ref());
    assert_eq!(archive.version(), (2, 0));
    assert_eq!(archive.names().len(), 3);
    for (index, expected) in manifest.tensors.iter().enumerate() {
        let tensor = archive.tensor(&expected.name).unwrap();
        assert_eq!(tensor.spec(), expected);
        assert_eq!(tensor.content_hash(), ContentHash::of(&blob(index)));
        assert_eq!(*archive.read_blob(tensor).unwrap(), blob(index));
    }
    assert!(matches!(archive.tensor("missing"), Err(Error::NoSuchTensor { .. })));
}

#[test]
fn a_mapped_archive_reads_the_same() {
    let folder = Folder::new();
    let path = folder.put(&write(manifest()));
    let archive = Archive::open(&path).unwrap();
    // SAFETY: the file is this test's own, and stays as it is.
    let mapped = unsafe { Archive::open_mapped(&path) }.unwrap();
    assert_eq!(archive.tensors(), mapped.tensors());
    for tensor in mapped.tensors() {
        assert_eq!(mapped.read_blob(tensor).unwrap(), archive.read_blob(tensor).unwrap());
    }
}

#[test]
fn the_bytes_are_those_of_the_specification() {
    let file = write(manifest());
    assert_eq!(file, write(manifest()));
    assert_eq!(&file[..8], b"WCDC\x02\0\0\0");
    let blobs: Vec<u8> = (0..3).flat_map(blob).collect();
    let stored = stored_header(&file);
    assert_eq!(file[PREAMBLE..stored.start], blobs);
    assert_eq!(file[20..24], crc32c::crc32c(&file[stored.start..]).to_le_bytes());
    assert_eq!(file[24..32], (file.len() as u64).to_le_bytes());
    assert!(file[44..60].iter().all(|&byte| byte == 0));
    assert_eq!(file[60..64], crc32c::crc32c(&file[..60]).to_le_bytes());

    let crcs = (0..3).flat_map(|index| crc32c::crc32c(&blob(index)).to_le_bytes());
    let hashes = (0..3).flat_map(|index| XxHash3_64::oneshot(&blob(index)).to_le_bytes());
    assert!(file[stored.end..].iter().copied().eq(crcs.chain(hashes)));

    let header = decompress_to_vec(&file[stored]).unwrap();
    assert_eq!(header.len(), inflated_len(&file));
    let text_len = u32::from_le_bytes(file[40..44].try_into().unwrap()) as usize;
    let text = str::from_utf8(&header[..text_len]).unwrap();
    // Three tensors, one after another: each has its length in place of its offsets.
    for length in [30, 8, 0] {
        assert!(text.contains(&format!("\"data_offsets\":[\u{1}{length}]")), "{text}");
    }
    // Lengths of 10, 310 and 610 bytes: the low bytes of all, then the high ones.
    assert_eq!(header[text_len..], [3, 6, 0, 0, 0, 10, 54, 98, 0, 1, 2]);
}

#[test]
fn an_archive_of_nothing_is_a_preamble_and_a_header() {
    let file = write(Manifest::default());
    assert_eq!(file.len(), stored_header(&file).end);
    assert_eq!(Folder::new().open(&file).unwrap().tensors(), []);
}

/// A header that deflate makes no shorter, or shorter than a reader believes, is stored as it is; one
/// of which that is true without its numbers alone is stored with them.
#[test]
fn headers_are_deflated_where_that_pays() {
    let with = |text: &str| Manifest::default().safetensors_header(text.to_owned());
    let long = format!("{{}}{}", " ".repeat(1 << 20));
    for (manifest, is_packed) in [(with("{}"), false), (manifest(), true), (with(&long), false)] {
        let file = write(manifest.clone());
        let stored = stored_header(&file).len();
        assert_eq!(stored < inflated_len(&file), is_packed);
        let archive = Folder::new().open(&file).unwrap();
        assert_eq!(archive.safetensors_header(), manifest.safetensors_header.as_deref());
    }
}

/// Takes what is written, and keeps its length alone.
#[derive(Default)]
struct Length {
    at: u64,
    len: u64,
}

impl Write for Length {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.at += bytes.len() as u64;
        self.len = self.len.max(self.at);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for Length {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let SeekFrom::Start(at) = to else { return Err(io::ErrorKind::Unsupported.into()) };
        self.at = at;
        Ok(at)
    }
}

/// Layers of a language model, 1,000 matrices of a megabyte in all, whose blobs take about 0.7 of
/// that: what a tensor costs beside what its blob holds after a header of 64 bytes.
#[test]
fn a_tensor_of_a_megabyte_costs_little() {
    const NAMES: [&str; 7] = [
        "self_attn.q_proj",
        "self_attn.k_proj",
        "self_attn.v_proj",
        "self_attn.o_proj",
        "mlp.gate_proj",
        "mlp.up_proj",
        "mlp.down_proj",
    ];
    let spec = |number: usize| {
        let (layer, name) = (number / NAMES.len(), NAMES[number % NAMES.len()]);
        spec(&format!("model.layers.{layer}.{name}.weight"), Dtype::BF16, &[1024, 512])
    };
    let mut manifest = Manifest::new((0..1000).map(spec).collect());
    manifest.metadata = Some(Metadata::new([("format", "pt")]).unwrap());
    manifest.safetensors_header = Some(safetensors_header(&manifest).unwrap().into_owned());
    let mut writer = ArchiveWriter::new(Length::default(), Path::new("test"), manifest).unwrap();
    let (mut random, mut content) = (Random::new(1), 0);
    for _ in 0..1000u64 {
        let mut blob = vec![0; 700_000 + 16 * random.below(128) as usize];
        blob[..8].copy_from_slice(&random.next_u64().to_le_bytes());
        content += blob.len() as u64 - 64;
        writer.append(&blob, ContentHash::of(&blob[..8])).unwrap();
    }
    let cost = (writer.finish().unwrap().len - content) as f64 / 1000.0;
    println!("{cost:.1} bytes a tensor");
    assert!(cost <= COST_OF_A_MEGABYTE, "{cost} bytes a tensor");
}

/// Bytes; a blob's header and the sums are 76 of them.
const COST_OF_A_MEGABYTE: f64 = 80.0;
