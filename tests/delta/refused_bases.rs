//! Bases that are none: each is refused with the hash that is wanted, before anything is written.

use super::files::{Place, chain, hash, tensor, trained};
use std::fs;
use std::path::{Path, PathBuf};
use support::cpu;
use support::safetensors_source::put;
use wcodec::container::Limits;
use wcodec::convert::{
    Bases, DecompressOptions, VerifyOptions, decompress_file, rebase_file, verify_file,
};
use wcodec::{Archive, Error, SafetensorsFile};

#[test]
fn a_wrong_missing_or_changed_base_is_refused_by_hash() {
    let place = Place::new();
    let (old, other) = (tensor(200, 1), tensor(200, 2));
    let base = place.put("base.safetensors", &[("a", &old)]);
    let fine = place.put("fine.safetensors", &[("a", &trained(&old, 3))]);
    let archive = place.compress(&fine, "fine.wcodec", &[&base]);
    let wrong = place.put("wrong.safetensors", &[("a", &other)]);
    let mut changed = old.clone();
    changed.data[100] ^= 1;
    let changed = place.put("changed.safetensors", &[("a", &changed)]);
    for bases in [&[][..], &[wrong.as_path()], &[changed.as_path()]] {
        let error = place.restore(&archive, bases).unwrap_err();
        assert_eq!(error.code(), "base_needed", "{error}");
        assert!(error.to_string().contains(&hash(&old)), "{error}");
    }
    let decoder = cpu();
    let none = decompress_file(&archive, place.path("x"), &DecompressOptions::new(&decoder), &());
    assert_eq!(none.unwrap_err().code(), "base_needed");
    assert_eq!(
        verify_file(&archive, &VerifyOptions::new(&decoder), &()).unwrap_err().code(),
        "base_needed"
    );
    let bytes = fs::read(&base).unwrap();
    let cut = put(&place.path(""), "cut.safetensors", &bytes[..bytes.len() - 1]);
    assert_eq!(place.restore(&archive, &[&cut]).unwrap_err().code(), "truncated");
    let gone = place.path("gone.safetensors");
    assert_eq!(place.restore(&archive, &[&gone]).unwrap_err().code(), "io");
    assert!(place.restore(&archive, &[&wrong, &base]).is_ok());
}

/// A base that is another by the time that it is read.
#[test]
fn a_base_that_changes_while_it_is_open_is_refused() {
    let place = Place::new();
    let (old, decoder) = (tensor(200, 1), cpu());
    let base = place.put("base.safetensors", &[("a", &old)]);
    let fine = place.put("fine.safetensors", &[("a", &trained(&old, 3))]);
    let archive = place.compress(&fine, "fine.wcodec", &[&base]);
    let bases = Bases::open([&base], Limits::default()).unwrap();
    let options = VerifyOptions::new(&decoder).bases(&bases);
    verify_file(&archive, &options, &()).unwrap();
    let mut changed = fs::read(&base).unwrap();
    *changed.last_mut().unwrap() ^= 1;
    fs::write(&base, changed).unwrap();
    let target = place.path("restored");
    let options = DecompressOptions::new(&decoder).bases(&bases);
    let refused = decompress_file(&archive, &target, &options, &()).unwrap_err();
    assert_names(&refused, &hash(&old), "changed");
    assert!(!target.exists());
}

#[track_caller]
fn assert_names(error: &Error, hash: &str, what: &str) {
    assert_eq!(error.code(), "base_needed", "{what}: {error}");
    assert!(error.to_string().contains(hash), "{what}: {error}");
}

/// Two versions of a tensor in archives that are each coded against the other.
#[test]
fn archives_that_need_each_other_are_refused() {
    let place = Place::new();
    let one = tensor(200, 1);
    let other = trained(&one, 2);
    let [plain_one, plain_other] = [("one.safetensors", &one), ("other.safetensors", &other)]
        .map(|(name, tensor)| place.put(name, &[("a", tensor)]));
    let archive = place.compress(&plain_one, "one.wcodec", &[&plain_other]);
    let base = place.compress(&plain_other, "other.wcodec", &[&plain_one]);
    for (bases, wanted) in [(vec![&base], &one), (vec![&archive, &base], &other)] {
        let bases: Vec<&Path> = bases.into_iter().map(PathBuf::as_path).collect();
        let error = place.restore(&archive, &bases).unwrap_err();
        assert_names(&error, &hash(wanted), "in a circle");
        assert_eq!(bases.len() == 2, error.to_string().contains("circle"), "{error}");
        let decoder = cpu();
        let bases = Bases::open(bases, Limits::default()).unwrap();
        let from = DecompressOptions::new(&decoder).bases(&bases);
        let alone = place.path("alone.wcodec");
        let rebased = rebase_file(&archive, &alone, &from, &Default::default(), &());
        assert_names(&rebased.unwrap_err(), &hash(wanted), "rebased");
        assert!(!alone.exists());
    }
    // A way out of the circle is taken, whatever lies before it.
    let out = place.restore(&archive, &[&plain_other, &archive, &base]).unwrap();
    assert!(out == fs::read(plain_one).unwrap());
}

#[test]
fn an_archive_that_is_its_own_base_is_refused() {
    let place = Place::new();
    let old = tensor(200, 1);
    let base = place.put("base.safetensors", &[("a", &old)]);
    let archive = place.compress(&base, "same.wcodec", &[&base]);
    let error = place.restore(&archive, &[&archive]).unwrap_err();
    assert_names(&error, &hash(&old), "its own base");
    assert!(error.to_string().contains("circle"), "{error}");
}

/// The hash of the tensor in a link of a chain.
fn hash_in(place: &Place, link: usize) -> String {
    let file = SafetensorsFile::open(place.path(&format!("{link}.safetensors"))).unwrap();
    let mut bytes = Vec::new();
    file.read_tensor(0, &mut bytes).unwrap();
    format!("{:016x}", twox_hash::XxHash3_64::oneshot(&bytes))
}

#[test]
fn a_chain_needs_every_link() {
    let place = Place::new();
    let (files, last) = chain(&place);
    let all: Vec<&Path> = files[..3].iter().map(PathBuf::as_path).collect();
    assert!(place.restore(&files[3], &all).unwrap() == fs::read(last).unwrap());
    let tensors: Vec<String> = (0..3).map(|link| hash_in(&place, link)).collect();
    for gone in 0..3 {
        let rest: Vec<&Path> = (0..3).filter(|&link| link != gone).map(|link| all[link]).collect();
        let error = place.restore(&files[3], &rest).unwrap_err();
        assert_eq!(error.code(), "base_needed", "without {gone}: {error}");
        let needs = files[gone + 1].display().to_string();
        assert!(error.to_string().contains(&needs), "{error}");
        assert!(error.to_string().contains(&tensors[gone]), "{error}");
    }
}

#[test]
fn a_chain_has_a_limit() {
    let place = Place::new();
    let (files, _) = chain(&place);
    for (limit, allowed) in [(3, true), (2, false)] {
        let bases = Bases::open(&files[..3], Limits::default().bases(limit)).unwrap();
        let checked = bases.check(&Archive::open(&files[3]).unwrap());
        assert_eq!(checked.is_ok(), allowed);
        assert!(checked.err().is_none_or(|error| error.code() == "limit_exceeded"));
    }
}
