//! Archives that lie in memory, or where a reader gets them from.

use std::fs::File;
use std::io;
use std::sync::Arc;
use support::{Distribution, Tensor, cpu, write_archive};
use tempfile::TempDir;
use wcodec::container::{Limits, Manifest};
use wcodec::encode::{PlaneCodec, Predictor};
use wcodec::{
    Archive, ArchiveWriter, Blob, Dtype, Encoder, Error, ReadAt, Result, compress, compress_with,
    decompress, decompress_with,
};

fn tensors() -> Vec<Tensor> {
    let mut random = vec![
        Tensor::new(Dtype::BF16, &[16, 256], Distribution::Gaussian(28.0), 1),
        Tensor::new(Dtype::F32, &[300], Distribution::Gaussian(28.0), 2),
        Tensor::new(Dtype::I8, &[3, 1024], Distribution::OutlierColumns, 3),
        Tensor::new(Dtype::F64, &[], Distribution::Gaussian(28.0), 4),
        Tensor::new(Dtype::I16, &[0, 7], Distribution::Gaussian(28.0), 5),
    ];
    random.push(Tensor::of_bytes(vec![0; 5000]));
    random
}

#[test]
fn a_tensor_comes_back_with_its_dtype_and_shape() {
    for original in tensors() {
        let compressed = compress(&original.view()).unwrap();
        let tensor = decompress(&compressed).unwrap();
        assert_eq!((tensor.dtype(), tensor.shape()), (original.dtype, &original.shape[..]));
        assert!(tensor.data() == original.data);
        assert!(tensor.view().data() == original.data);
        let by_reference = reference::decode_archive(&compressed).unwrap();
        assert!(by_reference.tensors[0].data == original.data);
        assert!(tensor.into_data() == original.data);
    }
}

#[test]
fn encoder_and_decoder_are_the_callers() {
    let original = Tensor::new(Dtype::U8, &[9000], Distribution::Gaussian(28.0), 1);
    let raw = Encoder::new().codec(PlaneCodec::Raw).predictor(Predictor::None);
    let compressed = compress_with(&original.view(), &raw).unwrap();
    assert!(compressed.len() > original.data.len());
    assert!(decompress_with(&compressed, &cpu()).unwrap().data() == original.data);
    let archive = Archive::from_bytes(compressed).unwrap();
    let blob = archive.read_blob(&archive.tensors()[0]).unwrap();
    assert_eq!(Blob::parse(&blob).unwrap().summary().codec, PlaneCodec::Raw);
}

/// Each byte of archives of one tensor, with planes that are coded, stored and constant.
#[test]
fn one_flipped_bit_anywhere_is_an_error() {
    for original in &tensors()[..3] {
        let mut compressed = compress(&original.view()).unwrap();
        for at in 0..compressed.len() {
            let bit = 1 << (at % 8);
            compressed[at] ^= bit;
            let error = decompress(&compressed).map(drop).unwrap_err();
            let known = error.is_bad_data() || error.code() == "limit_exceeded";
            assert!(known, "byte {at}: {error}");
            compressed[at] ^= bit;
        }
        decompress(&compressed).unwrap();
    }
}

#[test]
fn what_is_cut_or_longer_is_an_error() {
    let mut compressed = compress(&tensors()[0].view()).unwrap();
    for len in 0..compressed.len() {
        let error = decompress(&compressed[..len]).map(drop).unwrap_err();
        assert_eq!(error.code(), "truncated", "{len}: {error}");
    }
    compressed.push(0);
    assert_eq!(decompress(&compressed).unwrap_err().code(), "trailing_data");
}

#[test]
fn only_an_archive_of_one_tensor_is_one() {
    let (folder, tensors) = (TempDir::new().unwrap(), tensors());
    let path = folder.path().join("archive");
    write_archive(&path, tensors.iter().map(|tensor| (tensor, support::Options::default())));
    let several = std::fs::read(&path).unwrap();
    let none = ArchiveWriter::new(io::Cursor::new(Vec::new()), &path, Manifest::default());
    let none = none.unwrap().finish().unwrap().into_inner();
    for (archive, count) in [(several, tensors.len()), (none, 0)] {
        let error = decompress(&archive).unwrap_err();
        assert_eq!(error.code(), "invalid_argument");
        assert!(error.to_string().contains(&format!("holds {count} tensors")), "{error}");
    }
}

/// An archive's tensors (their names and bytes), its length and its version.
type Contents = (Vec<(String, Vec<u8>)>, u64, (u16, u16));

/// The content of an archive.
fn contents(archive: &Archive) -> Contents {
    let decoder = cpu();
    let tensors = archive.decode_all(&decoder).map(|tensor| {
        let (info, data) = tensor.unwrap();
        (info.name().to_owned(), data)
    });
    (tensors.collect(), archive.file_len(), archive.version())
}

#[test]
fn an_archive_is_the_same_wherever_it_lies() {
    let (folder, tensors) = (TempDir::new().unwrap(), tensors());
    let path = folder.path().join("archive");
    let written = tensors.iter().map(|tensor| (tensor, support::Options::default()));
    let expected = contents(&write_archive(&path, written));
    let bytes = std::fs::read(&path).unwrap();
    let shared: Arc<[u8]> = bytes.clone().into();
    let leaked: &'static [u8] = bytes.clone().leak();
    for archive in [
        Archive::from_bytes(bytes.clone()),
        Archive::from_bytes(shared.clone()),
        Archive::from_bytes(leaked),
        Archive::from_reader(File::open(&path).unwrap()),
        Archive::from_reader(bytes.clone()),
        Archive::from_reader(shared),
        Archive::from_reader(leaked),
        Archive::from_reader(Box::new(bytes.clone()) as Box<dyn ReadAt>),
    ] {
        assert!(contents(&archive.unwrap()) == expected);
    }
    let in_memory = Archive::from_bytes(bytes.clone()).unwrap();
    assert_eq!(in_memory.path().to_str(), Some("<memory>"));
    let blob = in_memory.read_blob(&in_memory.tensors()[0]).unwrap();
    assert!(matches!(blob, std::borrow::Cow::Borrowed(_)), "the blob was copied");
    let limits = Limits::new().tensors(1);
    for refused in [
        Archive::from_bytes_with(bytes.clone(), &limits),
        Archive::from_reader_with(bytes, &limits),
    ] {
        assert_eq!(refused.unwrap_err().code(), "limit_exceeded");
    }
}

/// A reader that breaks its contract.
struct Faulty {
    bytes: Vec<u8>,
    says: u64,
    /// The read that fails, and every later one.
    fails: u64,
    reads: std::sync::atomic::AtomicU64,
}

impl Faulty {
    fn archive(bytes: &[u8], says: u64, fails: u64) -> Result<Archive> {
        let reads = 0.into();
        Archive::from_reader(Self { bytes: bytes.to_vec(), says, fails, reads })
    }
}

impl ReadAt for Faulty {
    fn byte_len(&self) -> io::Result<u64> {
        Ok(self.says)
    }

    fn read_exact_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<()> {
        if self.reads.fetch_add(1, std::sync::atomic::Ordering::Relaxed) >= self.fails {
            return Err(io::Error::other("no connection"));
        }
        self.bytes.read_exact_at(bytes, offset)
    }
}

#[test]
fn a_reader_that_fails_is_an_error_that_says_so() {
    let bytes = compress(&tensors()[0].view()).unwrap();
    let len = bytes.len() as u64;
    let read = |archive: Result<Archive>| archive?.decode_tensor("tensor", &cpu()).map(drop);
    for fails in 0..3 {
        let error = read(Faulty::archive(&bytes, len, fails)).unwrap_err();
        assert!(matches!(error, Error::Io { .. }), "{error}");
        let text = error.to_string();
        assert!(text.contains("<reader>") && text.contains("no connection"), "{text}");
    }
    read(Faulty::archive(&bytes, len, 3)).unwrap();
    // It ends before the length that it gives, or gives another one than the archive's.
    let short = &bytes[..bytes.len() - 1];
    for (bytes, says, expected) in [
        (&bytes[..100], len, "truncated"),
        (short, len, "truncated"),
        (&bytes[..], len - 1, "truncated"),
        (&bytes[..], u64::MAX, "trailing_data"),
    ] {
        let error = read(Faulty::archive(bytes, says, u64::MAX)).unwrap_err();
        assert_eq!(error.code(), expected, "{error}");
    }
}
