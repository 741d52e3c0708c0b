//! Blobs and a file that were written once, when their version of the format was new: a reader
//! decodes them for ever.
//!
//! They stand in `golden/v2.bin`, listed in `golden/v2.txt`, and `golden/v2.wcodec`. What they must
//! decode to is generated anew from seeds, and its hash was noted when they were written.

mod write;

use std::collections::BTreeSet;
use std::fs;
use support::golden::{AGAINST, ARCHIVE, AS_IS, Combination, FOLDER, Packed, model};
use support::safetensors_source::put;
use support::{check_blob, cpu};
use tempfile::TempDir;
use twox_hash::XxHash3_64;
use wcodec::container::{Limits, TensorInfo};
use wcodec::convert::{Bases, DecompressOptions, decompress_file};
use wcodec::encode::PlaneCodec;
use wcodec::{Archive, Blob, Dtype};

/// Six dtypes with all predictors under four codecs, two under those of rANS, and none under Const and
/// Raw; four of them with raw planes under each codec that has symbols; and transposed elements of each
/// size.
#[test]
fn every_combination_is_there_once() {
    let names: BTreeSet<String> = support::golden::pairs().map(|(_, packed)| packed.name).collect();
    assert_eq!(names.len(), 6 * (4 * 5 + 2 * 2 + 2) + 4 * 6 + 4);
    assert_eq!(Combination::all().len(), names.len());
}

#[test]
fn blobs_decode_to_the_originals() {
    for (combination, packed) in support::golden::pairs() {
        let original = combination.original();
        let hash = XxHash3_64::oneshot(&original.data);
        assert_eq!((packed.byte_len, packed.xxh3), (original.data.len(), hash), "{}", packed.name);
        let summary = check_blob(packed.blob, &original.data);
        let Combination { split, codec, predictor, planes, columns, .. } = combination;
        assert_eq!((summary.split, summary.codec), (split, codec), "{}", packed.name);
        assert!(summary.coded_planes.iter().flatten().all(|&plane| Some(plane) == planes));
        assert_eq!(summary.coded_planes.iter().any(Option::is_some), planes.is_some());
        assert_eq!(summary.transposed, columns);
        assert_eq!(summary.predictors[predictor as usize], summary.tile_count, "{}", packed.name);
    }
}

/// Every other feature of the format occurs in some blob of each kind.
#[test]
fn the_blobs_show_all_of_the_format() {
    let summaries: Vec<_> =
        Packed::all().iter().map(|packed| Blob::parse(packed.blob).unwrap().summary()).collect();
    for codec in PlaneCodec::ALL {
        let of_codec: Vec<_> = summaries.iter().filter(|s| s.codec == codec).collect();
        let some = |what: fn(&wcodec::blob::BlobSummary) -> bool| of_codec.iter().any(|s| what(s));
        assert!(some(|s| s.row_bytes == 512) && some(|s| s.row_bytes > 512), "{codec:?}");
        assert!(!codec.has_ranks() || some(|s| s.exceptions > 0), "{codec:?}");
        if codec.has_symbols() {
            assert!(some(|s| s.prob_bits.len() > 1), "{codec:?}");
        }
    }
    assert!(summaries.iter().all(|s| s.tile_count > 2));
}

#[test]
fn the_file_decodes_to_the_model() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("v2.wcodec");
    fs::write(&path, ARCHIVE).unwrap();
    let archive = Archive::open(&path).unwrap();
    let by_reference = reference::decode_archive(ARCHIVE).unwrap();
    let tensors = model::tensors();
    assert_eq!(archive.tensors().len(), tensors.len());
    assert_eq!(by_reference.tensors.len(), tensors.len());
    for ((name, original), second) in tensors.iter().zip(&by_reference.tensors) {
        assert!(archive.decode_tensor(name, &cpu()).unwrap() == original.data, "{name}");
        assert!(second.data == original.data, "{name}");
        assert_eq!((&second.name, &second.shape), (name, &original.shape));
        assert_eq!(second.dtype.parse_dtype(), original.dtype, "{name}");
    }
    assert_eq!(by_reference.metadata, Some(model::metadata()));
    let source = reference::original_file(&by_reference).expect("it was a safetensors file");
    assert!(source == model::safetensors());
}

#[test]
fn a_file_as_it_is_comes_back() {
    let folder = TempDir::new().unwrap();
    let (archive, back) = (put(folder.path(), "odd.wcodec", AS_IS), folder.path().join("back"));
    decompress_file(&archive, &back, &DecompressOptions::new(&cpu()), &()).unwrap();
    assert!(fs::read(back).unwrap() == model::odd_file());
    let by_reference = reference::decode_archive(AS_IS).unwrap();
    assert!(reference::original_file(&by_reference).unwrap() == model::odd_file());
}

#[test]
fn a_folder_whose_files_refer_to_each_other_comes_back() {
    let folder = TempDir::new().unwrap();
    let other = |_: &str, name: &str| {
        FOLDER.iter().find(|(file, _)| *file == name).map(|(_, bytes)| bytes.to_vec())
    };
    for (name, bytes) in FOLDER {
        put(folder.path(), name, bytes);
    }
    for ((name, bytes), (_, source)) in FOLDER.into_iter().zip(model::shards()) {
        let by_reference = reference::decode_archive_in(bytes, &other).unwrap();
        assert!(reference::original_file(&by_reference).unwrap() == source, "{name}");
        let (archive, back) = (folder.path().join(name), folder.path().join("back"));
        decompress_file(archive, &back, &DecompressOptions::new(&cpu()).overwrite(true), &())
            .unwrap();
        assert!(fs::read(back).unwrap() == source, "{name}");
    }
    let alone = reference::decode_archive(FOLDER[1].1);
    assert!(alone.err().expect("it refers to the other").contains("a.wcodec is not there"));
}

/// With a map of rows, few changes, all of them, a tensor as it is in the base, and one alone.
#[test]
fn a_file_against_another_comes_back() {
    let folder = TempDir::new().unwrap();
    let base = put(folder.path(), "base.wcodec", FOLDER[0].1);
    let (path, back) = (put(folder.path(), "fine.wcodec", AGAINST), folder.path().join("back"));
    let bases = Bases::open([base], Limits::default()).unwrap();
    let decoder = cpu();
    let options = DecompressOptions::new(&decoder).bases(&bases);
    decompress_file(&path, &back, &options, &()).unwrap();
    assert!(fs::read(back).unwrap() == model::fine());
    let archive = Archive::open(&path).unwrap();
    let forms: Vec<String> = archive.tensors().iter().map(|t| form(&archive, t)).collect();
    assert_eq!(forms, ["Sparse by rows", "Sparse", "Dense", "unchanged", "alone"]);
    let old = reference::decode_archive(FOLDER[0].1).unwrap().tensors;
    let of_base = |hash: u64, _: u64| {
        let found = old.iter().map(|tensor| &tensor.data);
        found.clone().find(|data| XxHash3_64::oneshot(data) == hash).cloned()
    };
    let sources = reference::Sources { other: &|_, _| None, base: &of_base };
    let by_reference = reference::decode_archive_of(AGAINST, &sources).unwrap();
    assert!(reference::original_file(&by_reference).unwrap() == model::fine());
}

fn form(archive: &Archive, tensor: &TensorInfo) -> String {
    match tensor.reference() {
        None => "alone".to_owned(),
        Some(_) if tensor.is_unchanged() => "unchanged".to_owned(),
        Some(_) => {
            let bytes = archive.read_blob(tensor).unwrap();
            let summary = archive.parse_delta(tensor, &bytes).unwrap().summary();
            let rows = if summary.row_bytes.is_some() { " by rows" } else { "" };
            format!("{:?}{rows}", summary.form)
        }
    }
}

/// The same file as a newer version might write it: a minor one adds only what may be ignored.
#[test]
fn a_newer_minor_version_is_read_and_a_newer_major_one_refused() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("newer.wcodec");
    let open = |major: u16, minor: u16| {
        let mut file = ARCHIVE.to_vec();
        file[4..6].copy_from_slice(&major.to_le_bytes());
        file[6..8].copy_from_slice(&minor.to_le_bytes());
        let crc = crc32c::crc32c(&file[..60]).to_le_bytes();
        file[60..64].copy_from_slice(&crc);
        fs::write(&path, file).unwrap();
        Archive::open(&path)
    };
    for minor in [0, 1, 9, u16::MAX] {
        let archive = open(2, minor).unwrap();
        for (name, original) in model::tensors() {
            assert!(archive.decode_tensor(&name, &cpu()).unwrap() == original.data, "{name}");
        }
    }
    for (major, minor) in [(3, 0), (3, 7), (u16::MAX, 0)] {
        assert_eq!(open(major, minor).unwrap_err().code(), "unsupported_version");
    }
    assert_eq!(open(1, 0).unwrap_err().code(), "unreleased_version");
    assert_eq!(open(0, 9).unwrap_err().code(), "corrupt");
}

trait ParseDtype {
    fn parse_dtype(&self) -> Dtype;
}

impl ParseDtype for String {
    fn parse_dtype(&self) -> Dtype {
        serde_json::from_value(serde_json::json!(self)).expect("a dtype of safetensors")
    }
}
