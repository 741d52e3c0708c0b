//! The header: integers, sizes that wrap, ranges that do not follow each other, names and fields.

use crate::EXTREMES;
use crate::archive::Parts;
use crate::negatives::Negative;
use serde_json::{Value, json};
use support::forged::{
    AS_IS, BASES, ELSEWHERE, FILE_NAME, KINDS, LENGTHS, OTHER_FILES, REFERENCES, SOURCE,
};

fn change(what: String, code: &'static str, change: impl FnOnce(&mut Parts)) -> Negative {
    Negative::new(what, Parts::sound().with(change).file(), code)
}

fn set(entry: usize, member: &'static str, value: Value, code: &'static str) -> Negative {
    let what = format!("{member} {value} of tensor {entry}");
    change(what, code, |parts| parts.entries[entry].1[member] = value)
}

/// Every integer of an entry and its blob at every extreme.
pub fn integers() -> Vec<Negative> {
    let mut negatives = Vec::new();
    for value in EXTREMES {
        for entry in [0, 2] {
            negatives.push(set(entry, "data_offsets", json!([0, value]), "corrupt"));
            negatives.push(set(entry, "data_offsets", json!([value, 4101]), "corrupt"));
            negatives.push(change(format!("length {value} of blob {entry}"), "corrupt", |parts| {
                parts.lengths[entry] = Some(value);
            }));
        }
        negatives.push(change(format!("checksum {value}"), "corrupt", |parts| {
            parts.crcs[1] = Some(value as u32);
        }));
        negatives.push(change(format!("hash {value}"), "corrupt", |parts| parts.hashes[0] = value));
        let bytes = value.checked_mul(2);
        let too_many = bytes.is_some_and(|bytes| bytes > 1 << 38);
        let fits = bytes.is_some_and(|bytes| bytes.checked_mul(8).is_some());
        let code = if too_many && fits { "limit_exceeded" } else { "corrupt" };
        negatives.push(set(0, "shape", json!([value]), code));
    }
    for value in [json!(-1), json!(1.5), json!(null), json!("1"), json!([]), json!({})] {
        for member in ["data_offsets", "dtype"] {
            negatives.push(set(1, member, value.clone(), "corrupt"));
        }
    }
    negatives
}

/// Products that wrap to what would fit, and sizes that do not end on a byte.
pub fn shapes() -> Vec<Negative> {
    let wrapping: [&[u64]; 7] = [
        &[1 << 32, 1 << 32],
        &[1 << 63, 2],
        &[1 << 63, 2, 3072],
        &[u64::MAX, u64::MAX],
        &[1 << 16, 1 << 16, 1 << 16, 1 << 16],
        &[u64::MAX, 2, 0],
        &[(1 << 63) + 1, 2],
    ];
    let mut negatives: Vec<_> =
        wrapping.iter().map(|shape| set(1, "shape", json!(shape), "corrupt")).collect();
    for (dtype, elements) in [("F4", 3), ("F6_E2M3", 3), ("F6_E3M2", 1)] {
        negatives.push(change(format!("{elements} of {dtype}"), "corrupt", |parts| {
            parts.entries[1].1["dtype"] = json!(dtype);
            parts.entries[1].1["shape"] = json!([elements]);
        }));
    }
    negatives
}

/// Tensors and blobs that overlap, leave a hole, lie where another does, or out of order.
pub fn ranges() -> Vec<Negative> {
    let offsets = [[0, 4100], [4100, 7172], [7172, 7332]];
    let place = |what: &str, places: [[u64; 2]; 3]| {
        change(what.to_owned(), "corrupt", |parts| {
            for ((_, entry), place) in parts.entries.iter_mut().zip(places) {
                entry["data_offsets"] = json!(place);
            }
        })
    };
    let lengths = Parts::sound().blobs.iter().map(|blob| blob.len() as u64).collect::<Vec<_>>();
    let lengths = |what: &str, change_lengths: fn(&mut [u64])| {
        let mut changed = lengths.clone();
        change_lengths(&mut changed);
        change(what.to_owned(), "corrupt", |parts| {
            parts.lengths = changed.into_iter().map(Some).collect();
        })
    };
    let [a, b, c] = offsets;
    vec![
        place("all the same", [[0, 4100], [0, 3072], [0, 160]]),
        place("overlapping by a byte", [a, [4099, 7171], c]),
        place("with a hole", [a, [4101, 7173], c]),
        place("with a hole before all", [[1, 4101], [4101, 7173], [7173, 7333]]),
        place("a range turned round", [[4100, 0], b, c]),
        place("wrapping round", [[u64::MAX - 4099, 0], b, c]),
        lengths("blobs that overlap", |lengths| lengths[0] -= 1),
        lengths("a byte from the next blob", |lengths| {
            (lengths[0], lengths[1]) = (lengths[0] + 1, lengths[1] - 1);
        }),
        lengths("beyond the blobs", |lengths| lengths[2] += 1),
        lengths("short of the header", |lengths| lengths[2] -= 1),
        lengths("one that has it all", |lengths| {
            (lengths[0], lengths[1], lengths[2]) = (lengths.iter().sum(), 0, 0);
        }),
        lengths("lengths that wrap round", |lengths| {
            (lengths[0], lengths[1]) = (u64::MAX, lengths[0] + lengths[1] + 1);
        }),
        change("one entry too few".into(), "corrupt", |parts| drop(parts.entries.pop())),
        change("one entry too many".into(), "corrupt", |parts| {
            parts.entries.push(("d".into(), json!({ "dtype": "U8", "shape": [0] })));
        }),
        change("one sum too many".into(), "corrupt", |parts| parts.hashes.push(0)),
        change("one sum too few".into(), "corrupt", |parts| parts.hashes.truncate(2)),
    ]
}

/// Names that occur twice, that lead elsewhere, and that are too long.
pub fn names() -> Vec<Negative> {
    let mut negatives: Vec<_> = [
        "..",
        "../a",
        "a/..",
        "a/../b",
        "..\\a",
        "a\\..\\b",
        "/..",
        "\0",
        "a\0b",
        "a\0",
        "/etc/passwd",
        "C:\\x",
    ]
    .into_iter()
    .map(|name| {
        change(format!("name {name:?}"), "corrupt", |parts| parts.entries[0].0 = name.to_owned())
    })
    .collect();
    for (first, second) in [(0, 1), (0, 2), (1, 2)] {
        negatives.push(change(format!("{first} named as {second}"), "corrupt", |parts| {
            parts.entries[first].0 = parts.entries[second].0.clone();
        }));
    }
    for len in [4097, 1_000_000] {
        let long = "n".repeat(len);
        let what = format!("a name of {len} bytes");
        negatives.push(change(what, "limit_exceeded", |parts| {
            *parts = Parts::smallest();
            parts.entries[0].0 = long;
        }));
    }
    negatives
}

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

/// Fields that are out of order, twice there, malformed, or of a newer version.
pub fn fields() -> Vec<Negative> {
    let fields = |what: &str, code, fields: Vec<(u8, Vec<u8>)>| {
        change(format!("fields {what}"), code, |parts| parts.fields = fields)
    };
    let name = |name: &[u8]| {
        let what = format!("file name {name:?}");
        change(what, "corrupt", |parts| parts.fields = vec![(FILE_NAME, name.to_vec())])
    };
    let cut = |len: usize| {
        let mut forged = Parts::sound().forged();
        forged.fields.push((100, vec![0; 3]));
        let mut header = forged.header();
        header.truncate(header.len() - len);
        let file = forged.file_of(&header, header.len());
        Negative::new(format!("a last field cut by {len}"), file, "corrupt")
    };
    vec![
        fields("twice", "corrupt", vec![(LENGTHS, vec![])]),
        fields("of tag 0", "corrupt", vec![(0, vec![])]),
        fields("out of order", "corrupt", vec![(FILE_NAME, b"a".to_vec()), (SOURCE, vec![])]),
        fields("that mark a source by more than being there", "corrupt", vec![(SOURCE, vec![1])]),
        fields("that mark a file by more than being there", "corrupt", vec![(AS_IS, vec![1])]),
        fields(
            "of a source and a file as it is",
            "corrupt",
            vec![(SOURCE, vec![]), (AS_IS, vec![])],
        ),
        fields("of a newer version", "unknown_feature", vec![(129, vec![])]),
        fields("of the newest version", "unknown_feature", vec![(255, vec![1, 2, 3])]),
        name(b""),
        name(b"."),
        name(b".."),
        name(b"a/b"),
        name(b"a\\b"),
        name(b"a\0"),
        name(b"\xff"),
        change("a long file name".into(), "limit_exceeded", |parts| {
            parts.fields = vec![(FILE_NAME, vec![b'n'; 4097])];
        }),
        cut(1),
        cut(3),
        cut(4),
        cut(7),
    ]
}
