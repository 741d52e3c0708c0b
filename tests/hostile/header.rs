//! The header: integers, sizes that wrap, ranges that do not follow each other, names and fields. What
//! refers to other blobs and files is in `references`.

use crate::EXTREMES;
use crate::archive::Parts;
use crate::negatives::Negative;
use serde_json::{Value, json};
use support::forged::{AS_IS, FILE_NAME, LENGTHS, SOURCE};

pub fn change(what: String, code: &'static str, change: impl FnOnce(&mut Parts)) -> Negative {
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
