//! Whole files: they come back to the byte, or are refused.

use crate::{compress, cpu, decompress};
use rayon::ThreadPoolBuilder;
use std::fs;
use support::safetensors_source::{file, file_of, names, put, small_model, weights};
use tempfile::TempDir;
use wcodec::container::{ContentHash, Manifest, Metadata, TensorSpec};
use wcodec::convert::{VerifyOptions, verify_file};
use wcodec::{Archive, ArchiveWriter, Dtype, Encoder, Error, SafetensorsFile, TensorView};

/// Every dtype that the `safetensors` crate knows, with its bits.
const DTYPES: [(&str, u64); 22] = [
    ("BOOL", 8),
    ("F4", 4),
    ("F6_E2M3", 6),
    ("F6_E3M2", 6),
    ("U8", 8),
    ("I8", 8),
    ("F8_E5M2", 8),
    ("F8_E4M3", 8),
    ("F8_E8M0", 8),
    ("F8_E4M3FNUZ", 8),
    ("F8_E5M2FNUZ", 8),
    ("I16", 16),
    ("U16", 16),
    ("F16", 16),
    ("BF16", 16),
    ("I32", 32),
    ("U32", 32),
    ("F32", 32),
    ("C64", 64),
    ("F64", 64),
    ("I64", 64),
    ("U64", 64),
];

/// Compresses, verifies and restores a file, and compares.
fn round_trip(bytes: &[u8]) -> Archive {
    let folder = TempDir::new().unwrap();
    let source = put(folder.path(), "a.safetensors", bytes);
    let [archive, restored] = ["a.wcodec", "b.safetensors"].map(|name| folder.path().join(name));
    compress(&source, &archive).unwrap();
    verify_file(&archive, &VerifyOptions::new(&cpu()), &()).unwrap();
    decompress(&archive, &restored).unwrap();
    assert!(fs::read(&restored).unwrap() == bytes, "another file came back");
    assert_eq!(names(folder.path()), ["a.safetensors", "a.wcodec", "b.safetensors"]);
    Archive::open(&archive).unwrap()
}

#[test]
fn every_dtype_comes_back() {
    for elements in [0, 8, 24, 520, 3000] {
        let lengths = DTYPES.map(|(_, bits)| (elements * bits / 8) as usize);
        let shape = format!("[{},8]", elements / 8);
        let tensors: Vec<_> =
            DTYPES.iter().zip(lengths).map(|(&(d, _), len)| (d, d, shape.as_str(), len)).collect();
        let archive = round_trip(&file_of(&tensors, None));
        assert!(archive.names().eq(DTYPES.map(|(dtype, _)| dtype)));
    }
}

#[test]
fn odd_files_come_back() {
    for bytes in [
        small_model(),
        file("{}", b""),
        file("  {  }\n\t ", b""),
        file(r#"{"__metadata__":{}}"#, b""),
        file(r#"{"__metadata__":null}"#, b""),
        file(r#"{"__metadata__":{"z":"ü","a":"\u0000\"","":""}}   "#, b""),
        file_of(&[("rank 0", "F32", "[]", 4), ("one", "BF16", "[1,1,1]", 2)], None),
        file_of(&[("", "I8", "[3]", 3), ("größe/重み 🦀\\n\\\"\\u0007", "I8", "[2]", 2)], None),
        // Members in another order than the data, and unknown ones.
        file(
            r#"{"b":{"shape":[2],"data_offsets":[3,5],"dtype":"U8","extra":[{}]},
                "a":{"dtype":"I8","shape":[3],"data_offsets":[0,3]}}"#,
            b"aaabb",
        ),
    ] {
        round_trip(&bytes);
    }
}

#[test]
fn empty_tensors_keep_the_order_of_the_header() {
    let entry =
        |name: &str| format!(r#""{name}":{{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}"#);
    let names = ["q", "c", "x", "a", "m", "z", "b"];
    let header = format!("{{{}}}", names.map(entry).join(","));
    assert!(round_trip(&file(&header, b"")).names().eq(names));
}

#[test]
fn metadata_is_kept() {
    let archive = round_trip(&small_model());
    assert_eq!(archive.metadata().unwrap().get("format"), Some("pt"));
    assert_eq!(archive.tensors()[0].shape().to_vec(), [64, 96]);
}

#[test]
fn the_same_input_gives_the_same_archive() {
    let folder = TempDir::new().unwrap();
    let source = put(folder.path(), "a.safetensors", &small_model());
    let archives = ["1.wcodec", "2.wcodec"].map(|name| folder.path().join(name));
    let bytes = archives.map(|archive| {
        compress(&source, &archive).unwrap();
        fs::read(archive).unwrap()
    });
    assert!(bytes[0] == bytes[1]);
}

/// Tensors of several sizes are in progress at once, some of several batches of tiles.
#[test]
fn the_number_of_threads_changes_no_archive() {
    const LARGE: usize = 3 << 20;
    let folder = TempDir::new().unwrap();
    let large = format!("[{LARGE}]");
    let mut tensors = vec![("large", "I8", large.as_str(), LARGE)];
    let names: Vec<String> = (0..20).map(|number| format!("small.{number}")).collect();
    tensors.extend(names.iter().map(|name| (name.as_str(), "BF16", "[64,96]", 64 * 96 * 2)));
    let source = put(folder.path(), "a.safetensors", &file_of(&tensors, None));
    let [one, two, five] = [1, 2, 5].map(|threads| {
        let archive = folder.path().join(format!("{threads}.wcodec"));
        let pool = ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| compress(&source, &archive)).unwrap();
        fs::read(archive).unwrap()
    });
    assert!(one == two && one == five);
}

#[test]
fn tensors_and_rows_are_decoded_alone() {
    let bytes = small_model();
    let archive = round_trip(&bytes);
    // Opened before its folder went: an open file stays readable.
    let data = weights(40 * 512, 2);
    assert_eq!(archive.decode_tensor("layer.0.weight", &cpu()).unwrap(), data);
    for rows in [0..40, 0..0, 40..40, 7..8, 13..29] {
        let expected = &data[rows.start as usize * 512..rows.end as usize * 512];
        assert_eq!(archive.decode_rows("layer.0.weight", rows, &cpu()).unwrap(), expected);
    }
    let bias = weights(33 * 4, 1);
    assert_eq!(archive.decode_rows("layer.0.bias", 5..7, &cpu()).unwrap(), bias[20..28]);
    for rows in [0..41, 41..41, u64::MAX - 1..u64::MAX] {
        let refused = archive.decode_rows("layer.0.weight", rows, &cpu());
        assert!(matches!(refused, Err(Error::InvalidArgument(_))), "{refused:?}");
    }
    assert!(matches!(archive.decode_tensor("no", &cpu()), Err(Error::NoSuchTensor { .. })));
    let all: Vec<_> = archive.decode_all(&cpu()).map(|item| item.unwrap().1).collect();
    assert_eq!(all, [weights(64 * 96 * 2, 0), bias, data]);
}

#[test]
fn rows_of_half_bytes_begin_on_a_byte_or_are_refused() {
    let archive =
        round_trip(&file_of(&[("odd", "F4", "[4,3]", 6), ("scalar", "F32", "[]", 4)], None));
    let data = weights(6, 0);
    assert_eq!(archive.decode_rows("odd", 2..4, &cpu()).unwrap(), data[3..]);
    for (name, rows) in [("odd", 1..2), ("odd", 0..3), ("scalar", 0..1), ("scalar", 0..0)] {
        let refused = archive.decode_rows(name, rows, &cpu());
        assert!(matches!(refused, Err(Error::InvalidArgument(_))), "{name}: {refused:?}");
    }
}

#[test]
fn an_archive_without_a_source_becomes_a_sound_safetensors_file() {
    let folder = TempDir::new().unwrap();
    let [archive, restored] = ["a.wcodec", "a.safetensors"].map(|name| folder.path().join(name));
    let tensors =
        [("b", Dtype::I8, vec![7]), ("a", Dtype::F64, vec![]), ("ü", Dtype::BF16, vec![2, 3])];
    let tensors = tensors.map(|(name, dtype, shape)| TensorSpec::new(name, dtype, shape));
    let metadata = Metadata::new([("k", "v"), ("a", "b")]).unwrap();
    let manifest = Manifest::new(tensors.to_vec()).metadata(metadata);
    let mut writer = ArchiveWriter::create(&archive, manifest).unwrap();
    let mut all = Vec::new();
    for (index, spec) in tensors.iter().enumerate() {
        let data = weights(spec.byte_len().unwrap() as usize, index as u64);
        let shape = spec.shape.to_vec();
        let view = TensorView::new(spec.dtype, &shape, &data).unwrap();
        let blob = Encoder::new().encode(&view).unwrap();
        writer.append(&blob, ContentHash::of(&data)).unwrap();
        all.push(data);
    }
    writer.finish().unwrap().commit().unwrap();
    decompress(&archive, &restored).unwrap();

    let bytes = fs::read(&restored).unwrap();
    let parsed = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    for (spec, data) in tensors.iter().zip(&all) {
        let tensor = parsed.tensor(&spec.name).unwrap();
        assert_eq!(tensor.dtype().to_string(), spec.dtype.name());
        assert_eq!(tensor.data(), data.as_slice());
    }
    let opened = SafetensorsFile::open(&restored).unwrap();
    assert_eq!(opened.manifest().tensors, tensors);
    assert_eq!(opened.manifest().metadata.as_ref().unwrap().len(), 2);
    assert_eq!((opened.file_len() - opened.data_len()) % 8, 0);
}

#[test]
fn unsound_safetensors_files_are_refused() {
    let folder = TempDir::new().unwrap();
    let one = |member: &str| file(&format!("{{{member}}}"), b"aaaa");
    let whole = r#""a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}"#;
    for (bytes, said) in [
        (b"".to_vec(), "only 0 bytes"),
        (b"seven b".to_vec(), "only 7 bytes"),
        (vec![b'x'; 100], "it is text"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0".to_vec(), "git lfs pull"),
        (b"PK\x03\x04 and so on and on and on".to_vec(), "zip archive"),
        (b"WCDC and so on and on and on".to_vec(), "a .wcodec file already"),
        (100_000_001u64.to_le_bytes().to_vec(), "100000000 bytes at most"),
        (file("", b""), "it is zeros"),
        (file("[]", b""), "sound"),
        (file("{", b""), "where it ends"),
        (vec![2, 0, 0, 0, 0, 0, 0, 0, b'{', 0xff], "UTF-8"),
        (one(&format!("{whole},{whole}")), "occurs twice"),
        (one(&whole.replace("\"a\"", "\"__metadata__\"")), "sound"),
        (one(&format!(r#"{whole},"__metadata__":{{"a":"1","a":"1"}}"#)), "occurs twice"),
        (one(&format!(r#"{whole},"__metadata__":{{}},"__metadata__":{{}}"#)), "__metadata__"),
        (one(&format!(r#"{whole},"__metadata__":{{"a":1}}"#)), "sound"),
        (one(&whole.replace("U8", "U7")), "U7"),
        (one(&whole.replace("[4]", "[5]")), "it has 5 bytes"),
        (one(&whole.replace("[4]", "[-4]")), "sound"),
        (one(&whole.replace("[4]", "[18446744073709551615,2]")), "overflow"),
        (one(&whole.replace("[0,4]", "[1,5]")), "begins at byte 1"),
        (one(&whole.replace("[0,4]", "[4,0]")), "offset"),
        (one(&whole.replace("U8", "F4").replace("[4]", "[3]")), "end on a byte"),
        (one(&whole.replace("\"shape\":[4],", "\"shape\":[4],\"shape\":[4],")), "occurs twice"),
        (one(&whole.replace("\"a\"", "\"\\ud800\"")), "sound"),
    ] {
        let path = put(folder.path(), "a.safetensors", &bytes);
        let error = SafetensorsFile::open(&path).unwrap_err();
        assert!(matches!(error, Error::WrongFormat { .. }), "{error:?}");
        assert!(error.to_string().contains(said), "{said:?} is not in {error}");
    }
}

#[test]
fn every_truncation_of_a_safetensors_file_is_found() {
    let folder = TempDir::new().unwrap();
    let bytes = file_of(&[("a", "F32", "[3]", 12), ("b", "U8", "[5]", 5)], None);
    let path = put(folder.path(), "a.safetensors", &bytes);
    let handle = fs::OpenOptions::new().write(true).open(&path).unwrap();
    handle.set_len(bytes.len() as u64 + 1).unwrap();
    assert!(matches!(SafetensorsFile::open(&path), Err(Error::TrailingData { .. })));
    for len in (0..bytes.len()).rev() {
        handle.set_len(len as u64).unwrap();
        let error = SafetensorsFile::open(&path).unwrap_err();
        let truncated = matches!(error, Error::Truncated { .. });
        assert_eq!(truncated, len > 8, "{len} bytes: {error}");
        assert!(error.is_bad_data(), "{len} bytes: {error}");
    }
}
