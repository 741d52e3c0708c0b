//! Tensors whose bytes an earlier file of the folder has: they are stored once, found from every
//! file, and missed when that file is gone.

use crate::{cpu, decompress, relative_tree, restore_into, verify};
use std::fs;
use std::path::{Path, PathBuf};
use support::forged::{ELSEWHERE, Forged, KINDS, OTHER_FILES};
use support::safetensors_source::{file, put, weights};
use tempfile::TempDir;
use twox_hash::XxHash3_64;
use wcodec::convert::{
    CompressOptions, VerifyOptions, check_removable, compress_folder, verify_file,
};
use wcodec::{Archive, Error, Model};

/// A file of tensors of bytes, each of a seed and a length.
fn shard(tensors: &[(&str, u64, usize)]) -> Vec<u8> {
    let (mut members, mut data) = (Vec::new(), Vec::new());
    for (name, seed, len) in tensors {
        let start = data.len();
        data.extend(weights(*len, *seed));
        members.push(format!(
            r#""{name}":{{"dtype":"U8","shape":[{len}],"data_offsets":[{start},{}]}}"#,
            data.len()
        ));
    }
    file(&format!("{{{}}}", members.join(",")), &data)
}

const LONG: usize = 70_000;

/// A folder of three shards, two of which repeat tensors of earlier ones, and its archive.
fn folder() -> (TempDir, PathBuf, PathBuf) {
    let folder = TempDir::new().unwrap();
    let [model, target] = ["model", "out"].map(|name| folder.path().join(name));
    let first = [("embed", 1, LONG), ("a", 2, LONG), ("norm", 9, 600), ("again", 2, LONG)];
    put(&model, "model-1.safetensors", &shard(&first));
    let second = [("b", 3, LONG), ("head", 1, LONG), ("norm2", 9, 600), ("tied", 1, LONG)];
    put(&model, "model-2.safetensors", &shard(&second));
    let all = [("tok", 1, LONG), ("l.b", 3, LONG), ("l.a", 2, LONG), ("own", 4, LONG)];
    put(&model, "original/all.safetensors", &shard(&all));
    put(&model, "config.json", b"{}");
    let decoder = cpu();
    let options = CompressOptions::new().verify(&decoder);
    compress_folder(&model, &target, &options, &()).unwrap();
    (folder, model, target)
}

/// The names of tensors that lie in other files, with those files.
fn elsewhere(archive: &Path) -> Vec<(String, String)> {
    let archive = Archive::open(archive).unwrap();
    let files: Vec<_> = archive.other_files().map(|file| file.file_name().unwrap()).collect();
    let tensors = archive.tensors().iter();
    let named = tensors.filter_map(|tensor| {
        let file = files[tensor.elsewhere()?].to_str().unwrap().to_owned();
        Some((tensor.name().to_owned(), file))
    });
    named.collect()
}

#[test]
fn what_an_earlier_file_has_is_not_stored_again() {
    let (_folder, model, target) = folder();
    let pairs = |pairs: &[(&str, &str)]| {
        let owned = pairs.iter().map(|(name, file)| ((*name).to_owned(), (*file).to_owned()));
        owned.collect::<Vec<_>>()
    };
    assert_eq!(elsewhere(&target.join("model-1.wcodec")), []);
    let [one, two] = ["model-1.wcodec", "model-2.wcodec"];
    assert_eq!(elsewhere(&target.join(two)), pairs(&[("head", one), ("tied", one)]));
    let of_all = pairs(&[("tok", one), ("l.b", two), ("l.a", one)]);
    assert_eq!(elsewhere(&target.join("original/all.wcodec")), of_all);
    let stored: u64 = relative_tree(&target).iter().map(|(_, bytes)| bytes.len() as u64).sum();
    // Four different tensors.
    assert!(stored < 4 * LONG as u64, "{stored}");
    verify(&target).unwrap();
    let back = target.with_file_name("back");
    restore_into(&target, &back).unwrap();
    assert!(relative_tree(&back) == relative_tree(&model));
}

#[test]
fn the_same_folder_gives_the_same_archives() {
    let [one, other] = [folder(), folder()];
    assert!(relative_tree(&one.2) == relative_tree(&other.2));
}

/// One file alone, whole or by its tensors and rows; as the reference reads it.
#[test]
fn a_file_finds_its_tensors_in_its_siblings() {
    let (_folder, model, target) = folder();
    for (archive, source) in [
        ("model-2.wcodec", "model-2.safetensors"),
        ("original/all.wcodec", "original/all.safetensors"),
    ] {
        let (archive, source) = (target.join(archive), fs::read(model.join(source)).unwrap());
        let restored = target.with_file_name("restored");
        decompress(&archive, &restored).unwrap();
        assert!(fs::read(&restored).unwrap() == source);
        fs::remove_file(restored).unwrap();
        verify_file(&archive, &VerifyOptions::new(&cpu()), &()).unwrap();
        let other = |_: &str, name: &str| fs::read(target.join(name)).ok();
        let bytes = fs::read(&archive).unwrap();
        let by_reference = reference::decode_archive_in(&bytes, &other).unwrap();
        assert!(reference::original_file(&by_reference).unwrap() == source);
        assert!(reference::decode_archive(&bytes).err().unwrap().contains("is not there"));
        let opened = Archive::open(&archive).unwrap();
        for tensor in by_reference.tensors {
            let decoded = opened.decode_tensor(&tensor.name, &cpu()).unwrap();
            assert!(decoded == tensor.data, "{}", tensor.name);
            let rows = opened.decode_rows(&tensor.name, 300..500, &cpu()).unwrap();
            assert!(rows == tensor.data[300..500], "{}", tensor.name);
        }
    }
    let opened = Model::open(&target).unwrap();
    let rows = opened.tensor("head").unwrap().decode(5.., &cpu()).unwrap();
    assert!(rows == weights(LONG, 1)[5..]);
}

/// Blobs that tensors share have one number, and blobs of different files have different ones.
#[test]
fn blobs_of_other_files_have_numbers_of_their_own() {
    let (_folder, _, target) = folder();
    let opened = Archive::open(target.join("model-2.wcodec")).unwrap();
    let number = |name: &str| opened.tensor(name).unwrap().blob_number();
    assert_eq!(number("head"), number("tied"));
    assert!(number("head") != number("b") && number("head") != number("norm2"));
    let head = opened.tensor("head").unwrap();
    assert_eq!((head.stored_bytes(), head.byte_len()), (0, LONG as u64));
}

/// What is told of a folder without one of its files, and what of a file without it.
#[test]
fn a_file_that_others_need_is_missed() {
    let (_folder, _, target) = folder();
    let lost = target.join("model-1.wcodec");
    let bytes = fs::read(&lost).unwrap();
    fs::remove_file(&lost).unwrap();
    let said = verify(&target).unwrap_err().to_string();
    for part in ["model-1.wcodec", "model-2.wcodec", "1 more have tensors that are stored there"] {
        assert!(said.contains(part), "{said}");
    }
    for alone in ["model-2.wcodec", "original/all.wcodec"] {
        let error = Archive::open(target.join(alone)).unwrap_err();
        assert!(matches!(error, Error::StoredElsewhere { .. }) && error.is_bad_data(), "{error}");
        let said = error.to_string();
        let named = said.contains("model-1.wcodec") && said.contains(alone);
        assert!(named && said.contains("missing") && said.contains("XXH3 "), "{said}");
    }
    // Without its list, and of another content.
    let list = fs::read(target.join("wcodec.json")).unwrap();
    fs::remove_file(target.join("wcodec.json")).unwrap();
    assert_eq!(verify(&target).unwrap_err().code(), "stored_elsewhere");
    fs::copy(target.join("original/all.wcodec"), &lost).unwrap();
    assert!(verify(&target).is_err());
    fs::write(target.join("wcodec.json"), list).unwrap();
    fs::write(&lost, bytes).unwrap();
    verify(&target).unwrap();
}

/// Elsewhere than in its own folder, a file finds nothing, and looks for nothing.
#[test]
fn a_file_that_was_moved_is_refused() {
    let (folder, _, target) = folder();
    let moved = folder.path().join("all.wcodec");
    fs::copy(target.join("original/all.wcodec"), &moved).unwrap();
    fs::copy(target.join("model-1.wcodec"), folder.path().join("model-1.wcodec")).unwrap();
    fs::copy(target.join("model-2.wcodec"), folder.path().join("model-2.wcodec")).unwrap();
    let error = Archive::open(&moved).unwrap_err();
    assert!(error.code() == "stored_elsewhere", "{error}");
    let from_memory = Archive::from_bytes(fs::read(&moved).unwrap()).unwrap_err();
    assert_eq!(from_memory.code(), "stored_elsewhere");
    // A folder within the compressed one is a folder of its own: nothing outside of it is read.
    let error = verify(&target.join("original")).unwrap_err();
    assert_eq!(error.code(), "corrupt");
    assert!(error.to_string().contains("outside of the folder"), "{error}");
    // By a path that is given from inside, or with the whole folder moved into another, it is found.
    let parent = folder.path().join("models");
    fs::create_dir(&parent).unwrap();
    fs::rename(&target, parent.join("out")).unwrap();
    Archive::open(parent.join("out/original/../original/all.wcodec")).unwrap();
    fs::remove_file(parent.join("out/wcodec.json")).unwrap();
    verify(&parent).unwrap();
}

/// A source that others need is not removed alone.
#[test]
fn a_file_that_others_need_is_not_removable() {
    let (_folder, model, target) = folder();
    for (name, others) in [("model-1.wcodec", true), ("original/all.wcodec", false)] {
        let removable = check_removable(target.join(name));
        match removable {
            Err(error) => assert!(others && error.to_string().contains("model-2"), "{error}"),
            Ok(()) => assert!(!others, "{name}"),
        }
    }
    check_removable(&target).unwrap();
    check_removable(&model).unwrap();
    check_removable(model.join("model-1.safetensors")).unwrap();
}

/// Only sources that are compressed together refer to each other.
#[test]
fn files_alone_refer_to_nothing() {
    let (_folder, model, target) = folder();
    let alone = target.with_file_name("alone.wcodec");
    crate::compress(&model.join("model-2.safetensors"), &alone).unwrap();
    assert_eq!(elsewhere(&alone), []);
}

/// Damage to a blob that several files use is found from each.
#[test]
fn damage_is_found_from_every_file() {
    let (_folder, _, target) = folder();
    let archive = Archive::open(target.join("model-1.wcodec")).unwrap();
    let embed = archive.tensor("embed").unwrap();
    let mut bytes = fs::read(archive.path()).unwrap();
    bytes[(embed.blob_offset() + embed.blob_len() / 2) as usize] ^= 8;
    fs::write(archive.path(), bytes).unwrap();
    for name in ["model-1.wcodec", "model-2.wcodec", "original/all.wcodec"] {
        let error = verify_file(target.join(name), &VerifyOptions::new(&cpu()), &()).unwrap_err();
        assert!(
            error.code() == "corrupt" && error.to_string().contains("model-1.wcodec"),
            "{error}"
        );
    }
}

/// An archive of one tensor of bytes that is said to lie in another file.
fn pointer(len: usize, hash: u64, file: &str, number: u32) -> Vec<u8> {
    let text = format!(r#"{{"a":{{"dtype":"U8","shape":[{len}],"data_offsets":[0,{len}]}}}}"#);
    let mut forged = Forged::of_text(text);
    let reference = [0u32.to_le_bytes(), number.to_le_bytes()].concat();
    let names = format!("\0{file}\0").into_bytes();
    forged.fields = vec![(KINDS, vec![4]), (OTHER_FILES, names), (ELSEWHERE, reference)];
    forged.sums = hash.to_le_bytes().to_vec();
    forged.file()
}

/// Of all that could be said of the other file only what is so is believed; the reference agrees.
#[test]
fn hostile_references_are_refused() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    let source = put(folder, "b.safetensors", &shard(&[("t", 1, LONG), ("same", 1, LONG)]));
    crate::compress(&source, &folder.join("b.wcodec")).unwrap();
    let hash = XxHash3_64::oneshot(&weights(LONG, 1));
    let read = |name: &str| {
        let by_reference =
            reference::decode_archive_in(&fs::read(folder.join(name)).unwrap(), &|_, other| {
                fs::read(folder.join(other)).ok()
            });
        let opened = Archive::open(folder.join(name));
        let decoded = opened.and_then(|archive| archive.decode_tensor("a", &cpu()));
        assert_eq!(decoded.is_ok(), by_reference.is_ok(), "{name}: {decoded:?}");
        decoded.map_err(|error| error.code())
    };
    let sound = pointer(LONG, hash, "b.wcodec", 0);
    put(folder, "a.wcodec", &sound);
    assert!(read("a.wcodec").unwrap() == weights(LONG, 1));
    for (what, file) in [
        ("another hash", pointer(LONG, hash ^ 1, "b.wcodec", 0)),
        ("another length", pointer(LONG - 1, hash, "b.wcodec", 0)),
        ("a tensor that is stored as another", pointer(LONG, hash, "b.wcodec", 1)),
        ("a tensor that is not there", pointer(LONG, hash, "b.wcodec", 2)),
        ("a tensor far away", pointer(LONG, hash, "b.wcodec", u32::MAX)),
        ("itself", pointer(LONG, hash, "hostile.wcodec", 0)),
        ("one that refers to another", pointer(LONG, hash, "a.wcodec", 0)),
        ("a folder", pointer(LONG, hash, "deep.wcodec", 0)),
        ("no archive", pointer(LONG, hash, "text.wcodec", 0)),
    ] {
        put(folder, "deep.wcodec/inside", b"");
        put(folder, "text.wcodec", b"text");
        put(folder, "hostile.wcodec", &file);
        let code = read("hostile.wcodec").expect_err(what);
        let expected = match what {
            "a folder" => "io",
            "no archive" => "wrong_format",
            _ => "stored_elsewhere",
        };
        assert_eq!(code, expected, "{what}");
    }
    // Two that refer to each other.
    put(folder, "one.wcodec", &pointer(LONG, hash, "two.wcodec", 0));
    put(folder, "two.wcodec", &pointer(LONG, hash, "one.wcodec", 0));
    assert_eq!(read("one.wcodec"), Err("stored_elsewhere"));
}
