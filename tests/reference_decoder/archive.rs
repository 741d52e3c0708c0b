//! Files assembled by hand decode to their tensors and their source.

use reference::{crc32c, decode_archive, original_file, xxh3};
use serde_json::json;
use support::assembler::archive::{Source, forged, safetensors_header, set, with_text};
use support::assembler::{Plan, RAW, TANS_CRUMB, TANS_PAIR, assemble, original};
use support::forged::{Forged, KINDS, LENGTHS, REFERENCES, SOURCE};

pub fn source(name: &'static str, dtype: &'static str, shape: &[u64], bytes: usize) -> Source {
    let size = if dtype == "BF16" { 2 } else { 1 };
    let data = original(bytes as u64, bytes, size);
    let (split, codec) = if size == 2 { (2, TANS_PAIR) } else { (1, TANS_CRUMB) };
    let codec = if bytes == 0 { RAW } else { codec };
    let blob = assemble(&data, &Plan::flat(split, codec)).bytes();
    Source { name, dtype, shape: shape.to_vec(), data, blob }
}

pub fn sources() -> Vec<Source> {
    vec![
        source("matrix", "BF16", &[30, 100], 6000),
        source("empty", "F32", &[1 << 62, 0, 5], 0),
        source("scalar", "F64", &[], 8),
        source("fours", "F4", &[3, 2], 3),
    ]
}

#[test]
fn tensors_come_back_in_order() {
    let sources = sources();
    let archive = decode_archive(&forged(&sources).file()).unwrap();
    assert_eq!(archive.tensors.len(), sources.len());
    for (tensor, source) in archive.tensors.iter().zip(&sources) {
        assert_eq!((&*tensor.name, &*tensor.dtype), (source.name, source.dtype));
        assert_eq!((&tensor.shape, &tensor.data), (&source.shape, &source.data));
    }
    assert_eq!((archive.metadata, &archive.safetensors_header), (None, &None));
}

#[test]
fn the_original_file_comes_back() {
    let sources = sources();
    let mut source_header = safetensors_header(&sources);
    source_header["__metadata__"] = json!({ "format": "pt" });
    let text = format!("{source_header}   ");
    let mut forged = with_text(text.as_bytes(), &sources);
    forged.fields.insert(0, (SOURCE, Vec::new()));
    let archive = decode_archive(&forged.file()).unwrap();
    let mut expected = (text.len() as u64).to_le_bytes().to_vec();
    expected.extend_from_slice(text.as_bytes());
    sources.iter().for_each(|source| expected.extend_from_slice(&source.data));
    assert_eq!(archive.metadata.as_ref().unwrap()["format"], "pt");
    assert_eq!(original_file(&archive), Some(expected));
}

#[test]
fn a_file_of_no_tensors_ends_with_its_header() {
    let archive = decode_archive(&forged(&[]).file()).unwrap();
    assert!(archive.tensors.is_empty());
    assert_eq!(original_file(&archive), None);
}

/// A header that is deflated, whose sums follow it.
#[test]
fn a_deflated_header_is_expanded() {
    let sources = sources();
    let forged = forged(&sources);
    let header = forged.header();
    for level in 0..=9 {
        let packed = miniz_oxide::deflate::compress_to_vec(&header, level);
        if packed.len() < header.len() {
            let archive = decode_archive(&forged.file_of(&packed, header.len())).unwrap();
            assert_eq!(archive.tensors[0].data, sources[0].data);
        } else {
            assert_eq!(level, 0, "{} bytes of {}", packed.len(), header.len());
        }
    }
}

/// "A minor version adds what older readers may ignore", which is fields below 128, and members of
/// the text that nothing names.
#[test]
fn what_a_reader_ignores() {
    let sources = sources();
    let mut text = safetensors_header(&sources);
    text["matrix"]["later"] = json!(null);
    let mut forged = with_text(text.to_string().as_bytes(), &sources);
    forged.fields.push((100, vec![1, 2, 3]));
    let mut file = forged.file();
    set(&mut file, 6, 2, 7);
    assert_eq!(decode_archive(&file).unwrap().tensors.len(), sources.len());
}

/// "it lies in the blob that was begun by the last tensor before it of kind 1 and of the same
/// dtype", and "its bytes are those of an earlier tensor".
#[test]
fn tensors_that_share_a_blob_are_read() {
    let bytes = original(30, 30, 1);
    let blob = assemble(&bytes, &Plan::flat(1, RAW)).bytes();
    let text = r#"{
        "a": { "dtype": "U8", "shape": [10], "data_offsets": [0, 10] },
        "b": { "dtype": "I8", "shape": [2, 5], "data_offsets": [10, 20] },
        "c": { "dtype": "U8", "shape": [20], "data_offsets": [20, 40] },
        "d": { "dtype": "U8", "shape": [10], "data_offsets": [40, 50] } }"#;
    let mut forged = Forged::of_text(text);
    forged.fields = vec![
        (LENGTHS, vec![blob.len() as u8]),
        (KINDS, vec![1, 3, 2, 3]),
        (REFERENCES, [1u32, 3].iter().flat_map(|back| back.to_le_bytes()).collect()),
    ];
    let hashes = [&bytes[..10], &bytes[10..]].map(|part| xxh3(part).to_le_bytes());
    forged.sums = [&crc32c(&blob).to_le_bytes()[..], hashes.as_flattened()].concat();
    forged.blobs = blob;
    let archive = decode_archive(&forged.file()).unwrap();
    let expected = [&bytes[..10], &bytes[..10], &bytes[10..], &bytes[..10]];
    assert!(archive.tensors.iter().map(|tensor| &tensor.data[..]).eq(expected));
    let library = wcodec::Archive::from_bytes(forged.file()).unwrap();
    let decoder = support::cpu();
    let read = library.decode_all(&decoder).map(|tensor| tensor.unwrap().1);
    assert!(read.eq(expected));
}
