//! Tensors and rows of them, decoded where the caller wants from no more bytes than it takes.

use super::costs::counted;
use std::mem::MaybeUninit;
use std::ops::Bound;
use support::{Distribution, Options, Tensor, cpu, write_archive};
use tempfile::TempDir;
use wcodec::encode::{PlaneCodec, Predictor};
use wcodec::{Archive, Blob, Dtype, Error, RawPlanes, compress_with};

pub const GAUSSIAN: Distribution = Distribution::Gaussian(28.0);

/// Archives of one tensor named "tensor", of several tile rows each: every plane codec, raw planes,
/// tile columns, a ragged end and exceptions.
fn cases() -> Vec<(Tensor, Vec<u8>)> {
    let case = |dtype, shape: &[u64], distribution, codec, predictor| {
        let tensor = Tensor::new(dtype, shape, distribution, 1);
        let encoder = Options::forced(codec, predictor).encoder();
        let archive = compress_with(&tensor.view(), &encoder).unwrap();
        (tensor, archive)
    };
    let outliers = Distribution::OutlierColumns;
    let mut cases = vec![
        case(Dtype::BF16, &[40, 512], GAUSSIAN, PlaneCodec::TansPair, Predictor::None),
        case(Dtype::F32, &[37, 301], outliers, PlaneCodec::Tans8, Predictor::None),
        case(Dtype::I8, &[50, 1024], outliers, PlaneCodec::TansPair, Predictor::Left),
        case(Dtype::F64, &[64, 40], GAUSSIAN, PlaneCodec::Raw, Predictor::None),
        case(Dtype::F4, &[90, 200], Distribution::Uniform, PlaneCodec::Raw, Predictor::None),
    ];
    let coded = Options { raw_planes: RawPlanes::Coded(None), ..Options::default() };
    let tensor = Tensor::new(Dtype::F32, &[37, 301], outliers, 1);
    let archive = compress_with(&tensor.view(), &coded.encoder().tile_rows(8)).unwrap();
    cases.push((tensor, archive));
    for codec in PlaneCodec::ALL.into_iter().filter(|&codec| codec != PlaneCodec::Const) {
        cases.push(case(Dtype::U8, &[33, 512], Distribution::Laplace(2.0), codec, Predictor::None));
    }
    cases.push(case(
        Dtype::U8,
        &[9, 999],
        Distribution::Constant,
        PlaneCodec::Const,
        Predictor::None,
    ));
    cases
}

#[test]
fn rows_are_the_same_wherever_they_are_decoded_to() {
    let decoder = cpu();
    for (tensor, bytes) in cases() {
        let (rows, row) = (tensor.shape[0], tensor.data.len() / tensor.shape[0] as usize);
        let (from_reader, _) = counted(bytes.clone());
        for archive in [Archive::from_bytes(bytes).unwrap(), from_reader] {
            let reader = archive.reader("tensor").unwrap();
            let edges = [0, 1, 7, 8, 9, 16, 17, rows - 1, rows];
            let pairs = edges.iter().flat_map(|&start| edges.map(|end| start..end));
            for rows in pairs.filter(|range| range.start <= range.end && range.end <= rows) {
                let part = &tensor.data[rows.start as usize * row..rows.end as usize * row];
                let what = format!("{:?} {:?}: {rows:?}", tensor.dtype, tensor.shape);
                assert_eq!(reader.byte_len(rows.clone()).unwrap(), part.len() as u64, "{what}");
                assert!(reader.decode(rows.clone(), &decoder).unwrap() == part, "{what}");
                let mut filled = vec![0xA5; part.len()];
                reader.decode_to(rows.clone(), &decoder, &mut filled).unwrap();
                assert!(filled == part, "{what}");
                let mut fresh = vec![MaybeUninit::uninit(); part.len()];
                let filled = reader.decode_to_uninit(rows.clone(), &decoder, &mut fresh).unwrap();
                assert!(filled == part, "{what}");
                let by_name = archive.decode_rows("tensor", rows.clone(), &decoder).unwrap();
                assert!(by_name == part, "{what}");
            }
            let whole = reader.decode(.., &decoder).unwrap();
            assert!(whole == tensor.data);
            let mut whole = vec![0xA5; tensor.data.len()];
            archive.decode_to("tensor", &decoder, &mut whole).unwrap();
            assert!(whole == tensor.data);
        }
    }
}

#[test]
fn every_kind_of_bound_is_one() {
    let tensor = Tensor::new(Dtype::U8, &[6, 2], GAUSSIAN, 1);
    let archive = Archive::from_bytes(wcodec::compress(&tensor.view()).unwrap()).unwrap();
    let (reader, decoder) = (archive.reader("tensor").unwrap(), cpu());
    assert_eq!(reader.decode(2.., &decoder).unwrap(), tensor.data[4..]);
    assert_eq!(reader.decode(..2, &decoder).unwrap(), tensor.data[..4]);
    assert_eq!(reader.decode(..=2, &decoder).unwrap(), tensor.data[..6]);
    assert_eq!(reader.decode(1..=2, &decoder).unwrap(), tensor.data[2..6]);
    let after = (Bound::Excluded(4), Bound::Unbounded);
    assert_eq!(reader.decode(after, &decoder).unwrap(), tensor.data[10..]);
    let last = (Bound::Excluded(u64::MAX), Bound::Included(u64::MAX));
    assert_eq!(reader.decode(last, &decoder).unwrap_err().code(), "invalid_argument");
    for rows in [0..7, 7..7, u64::MAX..u64::MAX, std::ops::Range { start: 3, end: 2 }] {
        assert_eq!(reader.decode(rows, &decoder).unwrap_err().code(), "invalid_argument");
    }
    let scalar = Tensor::new(Dtype::F32, &[], GAUSSIAN, 1);
    let archive = Archive::from_bytes(wcodec::compress(&scalar.view()).unwrap()).unwrap();
    let reader = archive.reader("tensor").unwrap();
    assert_eq!(reader.decode(.., &decoder).unwrap(), scalar.data);
    assert_eq!(reader.decode(0..1, &decoder).unwrap_err().code(), "invalid_argument");
    assert!(matches!(archive.reader("none"), Err(Error::NoSuchTensor { .. })));
}

#[test]
fn elements_have_the_size_that_they_have_in_the_tensor() {
    let tensor = Tensor::new(Dtype::F32, &[30, 20], GAUSSIAN, 1);
    let archive = Archive::from_bytes(wcodec::compress(&tensor.view()).unwrap()).unwrap();
    let (reader, decoder) = (archive.reader("tensor").unwrap(), cpu());
    let expected: Vec<f32> =
        tensor.data.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    assert_eq!(archive.decode_vec::<f32>("tensor", &decoder).unwrap(), expected);
    assert_eq!(reader.decode_vec::<f32>(3..5, &decoder).unwrap(), expected[60..100]);
    assert!(reader.decode_vec::<f32>(3..3, &decoder).unwrap().is_empty());
    for error in [
        archive.decode_vec::<u16>("tensor", &decoder).unwrap_err(),
        reader.decode_vec::<u16>(.., &decoder).unwrap_err(),
        reader.decode_vec::<()>(.., &decoder).map(drop).unwrap_err(),
        reader.decode_vec::<[f32; 2]>(.., &decoder).map(drop).unwrap_err(),
    ] {
        assert_eq!(error.code(), "invalid_argument");
        let text = error.to_string();
        assert!(text.contains("F32") && text.contains("a type of 4 bytes"), "{text}");
    }
    let (_, bytes) = cases().into_iter().find(|(tensor, _)| tensor.dtype == Dtype::F4).unwrap();
    let error = Archive::from_bytes(bytes).unwrap().decode_vec::<u8>("tensor", &decoder);
    assert!(error.unwrap_err().to_string().contains("take its bytes as they are"));
}

#[test]
fn memory_of_another_length_is_refused_and_left_alone() {
    let tensor = Tensor::new(Dtype::U8, &[6, 2], GAUSSIAN, 1);
    let archive = Archive::from_bytes(wcodec::compress(&tensor.view()).unwrap()).unwrap();
    let (reader, decoder) = (archive.reader("tensor").unwrap(), cpu());
    for len in [0, 3, 5, 13] {
        let mut out = vec![9; len];
        for error in [
            reader.decode_to(2..4, &decoder, &mut out).unwrap_err(),
            reader.decode_to(.., &decoder, &mut out).unwrap_err(),
            archive.decode_to("tensor", &decoder, &mut out).unwrap_err(),
        ] {
            assert_eq!(error.code(), "invalid_argument");
        }
        assert_eq!(out, vec![9; len]);
        let mut fresh = vec![MaybeUninit::uninit(); len];
        assert!(reader.decode_to_uninit(2..4, &decoder, &mut fresh).is_err());
    }
}

/// Every byte of every blob: rows are those of the whole blob, or refused for the file's sake; and
/// the checksum is wrong.
#[test]
fn damage_is_told_or_changes_what_it_must() {
    let decoder = cpu();
    for (tensor, mut bytes) in cases() {
        let info = Archive::from_bytes(bytes.clone()).unwrap().tensors()[0].clone();
        let (start, len) = (info.blob_offset() as usize, info.blob_len() as usize);
        let row = tensor.data.len() / tensor.shape[0] as usize;
        for at in (start..start + len).step_by(if len > 10_000 { 13 } else { 1 }) {
            bytes[at] ^= 1 << (at % 8);
            let archive = Archive::from_bytes(bytes.clone()).unwrap();
            match archive.reader("tensor") {
                Ok(reader) => {
                    assert_eq!(reader.check().unwrap_err().code(), "corrupt", "byte {at}");
                    assert!(reader.decode(.., &decoder).is_err(), "byte {at}");
                    let part = reader.decode(8..9, &decoder);
                    let whole = Blob::parse(&bytes[start..start + len]).and_then(|blob| {
                        let mut part = vec![0; row];
                        let range = 8 * row as u64..9 * row as u64;
                        decoder.decode_range(&blob, range, &mut part)?;
                        Ok(part)
                    });
                    match (part, whole) {
                        (Ok(part), Ok(whole)) => assert!(part == whole, "byte {at}"),
                        // The padding of the blob is seen with the whole of it.
                        (Ok(_), Err(error)) => assert!(error.to_string().contains("padding")),
                        (Err(error), _) => assert!(error.is_bad_data(), "byte {at}: {error}"),
                    }
                }
                Err(error) => assert!(error.is_bad_data(), "byte {at}: {error}"),
            }
            let by_name = archive.decode_rows("tensor", 8..9, &decoder);
            assert!(by_name.unwrap_err().is_bad_data(), "byte {at}");
            bytes[at] ^= 1 << (at % 8);
        }
    }
}

#[test]
fn tensors_of_one_archive_are_checked_apart() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("archive");
    let tensors = [1, 2].map(|seed| Tensor::new(Dtype::U8, &[60, 512], GAUSSIAN, seed));
    let written = tensors.iter().map(|tensor| (tensor, Options::default()));
    let second = write_archive(&path, written).tensors()[1].clone();
    let mut bytes = std::fs::read(&path).unwrap();
    let last = (second.blob_offset() + second.blob_len() - 20) as usize;
    bytes[last] ^= 1;
    let (archive, decoder) = (Archive::from_bytes(bytes).unwrap(), cpu());
    archive.decode_rows("tensor 0", 0..1, &decoder).unwrap();
    for _ in 0..2 {
        let error = archive.decode_rows("tensor 1", 0..1, &decoder).unwrap_err();
        assert!(error.to_string().contains("tensor 1"), "{error}");
    }
}
