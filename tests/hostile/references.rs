//! References of the header, to blobs before, other files and bases, that lead astray.

use super::header::change;
use crate::archive::Parts;
use crate::negatives::Negative;
use serde_json::json;
use support::forged::{BASES, ELSEWHERE, KINDS, OTHER_FILES, REFERENCES};

/// Kinds and references that lead nowhere.
pub fn places() -> Vec<Negative> {
    let places = |what: &str, code, kinds: &[u8], back: &[u32]| {
        let (kinds, back) = (kinds.to_vec(), back.iter().flat_map(|b| b.to_le_bytes()).collect());
        change(format!("places {what}"), code, |parts| {
            parts.fields = vec![(KINDS, kinds), (REFERENCES, back)];
        })
    };
    let same = |what: &str, kinds: &[u8], back: &[u32]| {
        let (kinds, back) = (kinds.to_vec(), back.iter().flat_map(|b| b.to_le_bytes()).collect());
        let mut parts = Parts::sound();
        // Three of one length, of which the first is stored.
        for (number, entry) in parts.entries.iter_mut().enumerate() {
            entry.1["dtype"] = json!("U8");
            entry.1["shape"] =
                json!([4100 - u32::from(what == "of another length") * number as u32]);
        }
        parts.blobs.truncate(1);
        parts.lengths.truncate(1);
        parts.hashes.truncate(1);
        parts.fields = vec![(KINDS, kinds), (REFERENCES, back)];
        Negative::new(format!("the same {what}"), parts.file(), "corrupt")
    };
    vec![
        places("too few", "corrupt", &[0, 0], &[]),
        places("too many", "corrupt", &[0; 4], &[]),
        places("of an unknown kind", "unknown_feature", &[0, 0, 7], &[]),
        places("elsewhere, that is not said", "corrupt", &[0, 0, 4], &[]),
        places("of another unknown kind", "unknown_feature", &[0, 0, 255], &[]),
        places("that follow none", "corrupt", &[2, 0, 0], &[]),
        places("that follow none of their dtype", "corrupt", &[1, 2, 0], &[]),
        places("that refer to others needlessly", "corrupt", &[0, 0, 0], &[1]),
        places("that have no reference", "corrupt", &[0, 0, 3], &[]),
        same("as one that is elsewhere", &[0, 4, 3], &[1]),
        same("as itself", &[0, 3, 3], &[0, 1]),
        same("as one that is not there", &[0, 3, 3], &[2, 1]),
        same("as one far away", &[0, 3, 3], &[1, u32::MAX]),
        same("as one that is stored as another", &[0, 3, 3], &[1, 1]),
        same("as a later one", &[0, 3, 3], &[1, u32::MAX - 1]),
        same("of another length", &[0, 3, 3], &[1, 2]),
        change("a reference cut".into(), "corrupt", |parts| {
            parts.fields = vec![(KINDS, vec![0, 0, 3]), (REFERENCES, vec![1, 0, 0])];
        }),
    ]
}

/// References to other files that lead astray, or are cut; the last is sound, but for the file.
pub fn elsewhere() -> Vec<Negative> {
    let to = |what: String, code, names: &[u8], references: &[u32]| {
        let mut parts = Parts::sound();
        parts.blobs.truncate(2);
        parts.lengths.truncate(2);
        let references = references.iter().flat_map(|number| number.to_le_bytes()).collect();
        parts.fields =
            vec![(KINDS, vec![0, 0, 4]), (OTHER_FILES, names.to_vec()), (ELSEWHERE, references)];
        Negative::new(format!("elsewhere {what}"), parts.file(), code)
    };
    let mut negatives: Vec<_> = [
        "../b.wcodec",
        "/b.wcodec",
        "a/../b.wcodec",
        "./b.wcodec",
        "a//b.wcodec",
        "b.wcodec/",
        "..",
        "",
        "b",
        "b.safetensors",
        ".wcodec",
        "a/.wcodec",
        ".a/b.wcodec",
        "a/.b/c.wcodec",
        "a\\b.wcodec",
        "%61.wcodec",
        "%2E%2E/b.wcodec",
        "%00.wcodec",
        "%5c.wcodec",
        "%.wcodec",
    ]
    .into_iter()
    .map(|name| {
        let names = [b"\0", name.as_bytes(), b"\0"].concat();
        to(format!("in {name:?}"), "corrupt", &names, &[0, 0])
    })
    .collect();
    for folder in ["..", "a/..", "/", "/a", "a/", "%", "a\\b"] {
        let names = [folder.as_bytes(), b"\0b.wcodec\0"].concat();
        negatives.push(to(format!("from {folder:?}"), "corrupt", &names, &[0, 0]));
    }
    let long = [b"\0", &vec![b'n'; 4097][..], b".wcodec\0"].concat();
    negatives.extend([
        to("in a file with a long name".into(), "limit_exceeded", &long, &[0, 0]),
        to("in a file without a name".into(), "corrupt", b"", &[0, 0]),
        to("in no file".into(), "corrupt", b"\0", &[0, 0]),
        to("in a name without an end".into(), "corrupt", b"\0b.wcodec", &[0, 0]),
        to("in what is no UTF-8".into(), "corrupt", b"\0\xFF.wcodec\0", &[0, 0]),
        to("in a file that is not named".into(), "corrupt", b"\0b.wcodec\0", &[1, 0]),
        to("beside a file without use".into(), "corrupt", b"\0b.wcodec\0c.wcodec\0", &[0, 0]),
        to("in one file twice".into(), "corrupt", b"\0b.wcodec\0b.wcodec\0", &[0, 0]),
        to("without a reference".into(), "corrupt", b"\0b.wcodec\0", &[]),
        to("by half a reference".into(), "corrupt", b"\0b.wcodec\0", &[0]),
        to("twice".into(), "corrupt", b"\0b.wcodec\0", &[0, 0, 0, 1]),
        to("in a file that is not there".into(), "stored_elsewhere", b"\0b.wcodec\0", &[0, 0]),
        to("in another folder".into(), "stored_elsewhere", b"deep/down\0b.wcodec\0", &[0, 0]),
    ]);
    negatives
}

/// Tensors that are coded against those of bases, which nobody gave, or that are not said.
pub fn bases() -> Vec<Negative> {
    let against = |what: &str, code, kinds: &[u8], bases: &[u8]| {
        let (kinds, bases) = (kinds.to_vec(), bases.to_vec());
        change(format!("bases {what}"), code, |parts| {
            parts.fields = vec![(KINDS, kinds), (BASES, bases)];
        })
    };
    let mut unchanged = Parts::sound();
    unchanged.blobs.truncate(2);
    unchanged.lengths.truncate(2);
    unchanged.fields = vec![(KINDS, vec![0, 0, 6])];
    vec![
        against("that are not there", "base_needed", &[0, 0, 5], &[7; 16]),
        against("that are not said", "corrupt", &[0, 0, 5], &[]),
        against("cut", "corrupt", &[0, 0, 5], &[7; 15]),
        against("too many", "corrupt", &[0, 0, 5], &[7; 32]),
        against("of no tensor", "corrupt", &[0, 0, 0], &[7; 16]),
        against("of a tensor that has a blob, but needs none", "corrupt", &[0, 0, 6], &[]),
        Negative::new("bases that have all of a tensor".into(), unchanged.file(), "base_needed"),
    ]
}
