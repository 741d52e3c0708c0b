//! Models of one and of several files.

use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};
use support::cpu;
use support::safetensors_source::{file, put};
use tempfile::TempDir;
use wcodec::container::Limits;
use wcodec::convert::{CompressOptions, compress_file, compress_folder};
use wcodec::{Archive, Dtype, Error, Model, ModelWarning};

const INDEX: &str = "model.safetensors.index.json";
const SHARDS: [&str; 2] = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"];

/// The bytes of a tensor of 30 rows of 40 BF16.
fn data(name: &str) -> Vec<u8> {
    let seed = name.bytes().map(u32::from).sum::<u32>();
    (0..2400).map(|at: u32| (at * at % 89 + seed) as u8).collect()
}

/// A safetensors file of tensors of these names.
fn shard(names: &[&str]) -> Vec<u8> {
    let entry = |(number, name): (usize, &&str)| {
        let offsets = [number * 2400, (number + 1) * 2400];
        let entry = json!({ "dtype": "BF16", "shape": [30, 40], "data_offsets": offsets });
        (name.to_string(), entry)
    };
    let header: serde_json::Map<_, _> = names.iter().enumerate().map(entry).collect();
    let data: Vec<u8> = names.iter().flat_map(|name| data(name)).collect();
    file(&json!(header).to_string(), &data)
}

fn put_index(folder: &Path, name: &str, tensors: &[(&str, &str)]) -> PathBuf {
    let map: serde_json::Map<_, _> =
        tensors.iter().map(|&(tensor, shard)| (tensor.to_owned(), json!(shard))).collect();
    put(folder, name, json!({ "metadata": {}, "weight_map": map }).to_string().as_bytes())
}

/// A model of two shards with an index, as Hugging Face has them.
fn put_model(folder: &Path) {
    put(folder, SHARDS[0], &shard(&["b", "a"]));
    put(folder, SHARDS[1], &shard(&["d", "c"]));
    put(folder, "config.json", b"{}");
    let [one, two] = SHARDS;
    put_index(folder, INDEX, &[("a", one), ("b", one), ("c", two), ("d", two)]);
}

fn compress(source: &Path, target: &Path) {
    compress_folder(source, target, &CompressOptions::default(), &()).unwrap();
}

/// All that a model has, by each way to it.
fn check(model: &Model, names: &[&str]) {
    let found: Vec<&str> = model.tensors().map(|tensor| tensor.name()).collect();
    assert_eq!(found, names);
    let decoder = cpu();
    for name in names {
        let (tensor, data) = (model.tensor(name).unwrap(), data(name));
        assert_eq!((tensor.name(), tensor.dtype(), tensor.byte_len()), (*name, Dtype::BF16, 2400));
        assert_eq!(tensor.shape().to_vec(), [30, 40]);
        assert!(tensor.decode(.., &decoder).unwrap() == data);
        assert!(tensor.decode(7..9, &decoder).unwrap() == data[560..720]);
        let elements = data.as_chunks().0.iter().map(|bytes| u16::from_le_bytes(*bytes));
        let elements: Vec<u16> = elements.collect();
        assert!(tensor.decode_vec::<u16>(.., &decoder).unwrap() == elements);
        assert!(tensor.decode_vec::<u16>(29.., &decoder).unwrap() == elements[1160..]);
        for rows in [0..30, 3..4, 5..5] {
            let part = &data[rows.start as usize * 80..rows.end as usize * 80];
            let mut out = vec![0xA5; part.len()];
            tensor.decode_to(rows, &decoder, &mut out).unwrap();
            assert!(out == part);
        }
        for error in [
            tensor.decode(0..31, &decoder).unwrap_err(),
            tensor.decode_vec::<f32>(.., &decoder).unwrap_err(),
            tensor.decode_to(0..2, &decoder, &mut [0; 161]).unwrap_err(),
        ] {
            assert_eq!(error.code(), "invalid_argument");
        }
    }
    let absent = model.tensor("none").unwrap_err();
    assert!(matches!(absent, Error::NoSuchTensor { .. }), "{absent}");
    assert!(!model.contains("none") && model.contains(names[0]));
}

#[test]
fn a_folder_is_a_model_compressed_or_not_or_in_part() {
    let folder = TempDir::new().unwrap();
    let [plain, archives, mixed] =
        ["plain", "archives", "mixed"].map(|name| folder.path().join(name));
    put_model(&plain);
    compress(&plain, &archives);
    put_model(&mixed);
    let archive = archives.join("model-00002-of-00002.wcodec");
    fs::rename(&archive, mixed.join("model-00002-of-00002.wcodec")).unwrap();
    fs::remove_file(mixed.join(SHARDS[1])).unwrap();
    fs::copy(mixed.join("model-00002-of-00002.wcodec"), &archive).unwrap();
    for (path, archives) in [(&plain, 0), (&archives, 2), (&mixed, 1)] {
        let model = Model::open(path).unwrap();
        assert_eq!(model.warnings(), []);
        assert_eq!(model.path(), path);
        assert_eq!((model.files().len(), model.archives().count()), (2, archives));
        check(&model, &["b", "a", "d", "c"]);
        check(
            &Model::open_index(path.join(INDEX), &Limits::default()).unwrap(),
            &["b", "a", "d", "c"],
        );
    }
}

#[test]
fn a_file_is_a_model() {
    let folder = TempDir::new().unwrap();
    let source = put(folder.path(), "x", &shard(&["e", "f"]));
    let archive = folder.path().join("y");
    compress_file(&source, &archive, &CompressOptions::default(), &()).unwrap();
    for path in [source, archive] {
        check(&Model::open(&path).unwrap(), &["e", "f"]);
    }
    let other = put(folder.path(), "config.json", b"{}");
    assert_eq!(Model::open(&other).unwrap_err().code(), "wrong_format");
    assert_eq!(Model::open(folder.path().join("absent")).unwrap_err().code(), "io");
}

#[test]
fn without_an_index_all_files_are_shards_but_the_sources_of_archives() {
    let folder = TempDir::new().unwrap();
    let path = folder.path();
    let source = put(path, "one.safetensors", &shard(&["a"]));
    put(path, "two.sft", &shard(&["b"]));
    put(path, "notes.txt", b"nothing");
    put(path, ".hidden.safetensors", &shard(&["h"]));
    put(path, "below/three.safetensors", &shard(&["c"]));
    let archive = path.join("one.wcodec");
    compress_file(&source, &archive, &CompressOptions::default(), &()).unwrap();
    let model = Model::open(path).unwrap();
    check(&model, &["a", "b"]);
    assert_eq!(model.tensor("a").unwrap().file(), archive);
    assert_eq!(model.warnings(), [ModelWarning::Unused { file: source }]);
    let empty = TempDir::new().unwrap();
    assert_eq!(Model::open(empty.path()).unwrap_err().code(), "invalid_argument");
}

#[test]
fn absent_shards_and_duplicates_are_errors() {
    let folder = TempDir::new().unwrap();
    let path = folder.path();
    put_model(path);
    fs::remove_file(path.join(SHARDS[1])).unwrap();
    let error = Model::open(path).unwrap_err();
    assert_eq!((error.code(), error.is_bad_data()), ("absent_shards", true));
    assert!(error.to_string().contains(SHARDS[1]), "{error}");
    let Error::AbsentShards { index, shards } = error else { unreachable!("the code says so") };
    assert_eq!((index, shards), (path.join(INDEX), vec![SHARDS[1].to_owned()]));

    put(path, SHARDS[1], &shard(&["c", "a"]));
    let error = Model::open(path).unwrap_err();
    assert_eq!((error.code(), error.is_bad_data()), ("duplicate_tensor", true));
    let Error::DuplicateTensor { name, files } = error else { unreachable!("the code says so") };
    assert_eq!((name.as_str(), files), ("a", SHARDS.map(|shard| path.join(shard))));
}

#[test]
fn what_differs_from_the_index_is_told() {
    let folder = TempDir::new().unwrap();
    let path = folder.path();
    put_model(path);
    let unused = put(path, "consolidated.safetensors", &shard(&["a"]));
    let [one, two] = SHARDS;
    put_index(path, INDEX, &[("a", two), ("b", one), ("c", two), ("gone", two)]);
    let model = Model::open(path).unwrap();
    check(&model, &["b", "a", "d", "c"]);
    let missing = ModelWarning::Missing { tensor: "gone".into(), listed: two.into() };
    let misplaced =
        ModelWarning::Misplaced { tensor: "a".into(), file: path.join(one), listed: two.into() };
    let unlisted = ModelWarning::Unlisted { tensor: "d".into(), file: path.join(two) };
    let warnings = [ModelWarning::Unused { file: unused }, missing, misplaced, unlisted];
    assert_eq!(model.warnings(), warnings);
    let texts = model.warnings().iter().map(ToString::to_string);
    let names = ["consolidated", "gone", "\"a\"", "\"d\""];
    assert!(texts.zip(names).all(|(text, name)| text.contains(name)));
}

#[test]
fn one_of_several_indexes_is_followed() {
    let folder = TempDir::new().unwrap();
    let path = folder.path();
    put(path, "x.fp16.safetensors", &shard(&["a"]));
    put(path, "x.safetensors", &shard(&["a", "b"]));
    let half = put_index(path, "x.safetensors.index.fp16.json", &[("a", "x.fp16.safetensors")]);
    check(&Model::open(path).unwrap(), &["a"]);
    put_index(path, "x.safetensors.index.json", &[("a", "x.safetensors"), ("b", "x.safetensors")]);
    assert_eq!(Model::open(path).unwrap_err().code(), "invalid_argument");
    check(&Model::open_index(&half, &Limits::default()).unwrap(), &["a"]);
    put_index(path, INDEX, &[("a", "x.safetensors"), ("b", "x.safetensors")]);
    check(&Model::open(path).unwrap(), &["a", "b"]);
}

#[test]
fn an_index_that_is_not_sound_is_refused() {
    let folder = TempDir::new().unwrap();
    let path = folder.path();
    put_model(path);
    for name in ["../x.safetensors", "/x", "", ".", "..", "a/b", "a\\b", "a\0"] {
        put_index(path, INDEX, &[("a", name)]);
        assert_eq!(Model::open(path).unwrap_err().code(), "corrupt", "{name:?}");
    }
    for text in ["", "[]", "{}", r#"{"weight_map":{"a":"x","a":"y"}}"#, r#"{"weight_map":{"a":1}}"#]
    {
        let index = put(path, INDEX, text.as_bytes());
        let error = Model::open(path).unwrap_err();
        assert_eq!(error.code(), "corrupt", "{text}");
        assert!(error.to_string().contains(index.to_str().unwrap()), "{error}");
    }
    put(path, INDEX, &[&b"{\"weight_map\":{}, \"x\":"[..], &[b'['; 100]].concat());
    assert_eq!(Model::open(path).unwrap_err().code(), "limit_exceeded");
    let small = Limits::new().header_bytes(10);
    assert_eq!(Model::open_with(path, &small).unwrap_err().code(), "limit_exceeded");
}

#[test]
fn an_archive_in_memory_is_a_model() {
    let folder = TempDir::new().unwrap();
    let source = put(folder.path(), "model.safetensors", &shard(&["b", "a"]));
    let target = folder.path().join("model.wcodec");
    compress_file(&source, &target, &CompressOptions::default(), &()).unwrap();
    let archive = Archive::from_bytes(fs::read(&target).unwrap()).unwrap();
    let model = Model::from_archive(archive).unwrap();
    check(&model, &["b", "a"]);
    assert_eq!((model.number_of("a").unwrap(), model.number_of("b").unwrap()), (1, 0));
    assert_eq!(model.tensor_at(1).unwrap().name(), "a");
    assert!(model.tensor_at(2).is_none());
    let archive = model.tensor_at(0).unwrap().archive().unwrap();
    assert_eq!(archive.tensors().len(), 2);
    assert!(Model::open(&source).unwrap().tensor("a").unwrap().archive().is_none());
}

#[test]
fn an_archive_of_a_file_as_it_is_is_no_model() {
    let folder = TempDir::new().unwrap();
    let source = put(folder.path(), "notes.txt", b"no tensors");
    let target = folder.path().join("notes.wcodec");
    compress_file(&source, &target, &CompressOptions::new().as_is(true), &()).unwrap();
    let archive = Archive::from_bytes(fs::read(&target).unwrap()).unwrap();
    assert_eq!(Model::from_archive(archive).unwrap_err().code(), "wrong_format");
}
