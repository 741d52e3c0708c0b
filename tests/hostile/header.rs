//! The JSON header: integers, sizes that wrap, ranges that do not follow each other, and names.

use crate::EXTREMES;
use crate::archive::Parts;
use crate::negatives::Negative;
use serde_json::{Value, json};

/// The place of an entry's blob in the intact file.
fn own(file: &[u8], entry: usize, member: &str) -> u64 {
    let len = u64::from_le_bytes(file[8..16].try_into().expect("eight bytes")) as usize;
    let header: Value = serde_json::from_slice(&file[64..64 + len]).expect("a sound header");
    header["tensors"][entry][member].as_u64().expect("an integer")
}

fn change(what: String, code: &'static str, change: impl FnOnce(&mut Parts)) -> Negative {
    Negative::new(what, Parts::sound().with(change).file(), code)
}

fn set(entry: usize, member: &'static str, value: Value, code: &'static str) -> Negative {
    let what = format!("{member} {value} of tensor {entry}");
    change(what, code, |parts| parts.entries[entry][member] = value)
}

/// Every integer of an entry at every extreme.
pub fn integers() -> Vec<Negative> {
    let mut negatives = Vec::new();
    for value in EXTREMES {
        negatives.push(set(0, "offset", json!(value), "corrupt"));
        negatives.push(set(2, "offset", json!(value), "corrupt"));
        negatives.push(set(0, "length", json!(value), "corrupt"));
        negatives.push(set(2, "length", json!(value), "corrupt"));
        negatives.push(set(1, "crc32c", json!(value), "corrupt"));
        let bytes = value.checked_mul(2);
        let too_many = bytes.is_some_and(|bytes| bytes > 1 << 38);
        let code = if too_many { "limit_exceeded" } else { "corrupt" };
        negatives.push(set(0, "shape", json!([value]), code));
        negatives.push(set(0, "xxh3", json!(format!("{value:016x}")), "corrupt"));
    }
    for value in [json!(-1), json!(1.5), json!(null), json!("1"), json!([]), json!({})] {
        for member in ["offset", "length", "crc32c", "xxh3", "dtype"] {
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
            parts.entries[1]["dtype"] = json!(dtype);
            parts.entries[1]["shape"] = json!([elements]);
        }));
    }
    negatives
}

/// Blobs that overlap, leave a hole, lie where another does, or out of order.
pub fn ranges() -> Vec<Negative> {
    let file = Parts::sound().file();
    let offsets = [0, 1, 2].map(|entry| own(&file, entry, "offset"));
    let lengths = [0, 1, 2].map(|entry| own(&file, entry, "length"));
    let place = |what: &str, places: [(u64, u64); 3]| {
        change(what.to_owned(), "corrupt", |parts| {
            for (entry, (offset, length)) in parts.entries.iter_mut().zip(places) {
                (entry["offset"], entry["length"]) = (json!(offset), json!(length));
            }
        })
    };
    let [a, b, c] = [0, 1, 2].map(|entry| (offsets[entry], lengths[entry]));
    vec![
        place("duplicated", [a, a, c]),
        place("all the same", [a, a, a]),
        place("unsorted", [b, a, c]),
        place("turned round", [c, b, a]),
        place("overlapping by a block", [a, (b.0 - 256, b.1), c]),
        place("overlapping by a byte", [a, (b.0 - 1, b.1), c]),
        place("with a hole", [a, (b.0 + 256, b.1), c]),
        place("into the next", [(a.0, a.1 + b.1), b, c]),
        place("beyond the file", [a, b, (c.0, c.1 + 1)]),
        place("short of the file's end", [a, b, (c.0, c.1 - 1)]),
        place("over the header", [(0, a.1), b, c]),
        place("over the preamble", [(64, a.1), b, c]),
        place("wrapping round", [(u64::MAX - 255, 256), b, c]),
        place("one that has it all", [(a.0, c.0 + c.1 - a.0), b, c]),
        change("one entry too few".into(), "corrupt", |parts| drop(parts.entries.pop())),
        change("one entry too many".into(), "corrupt", |parts| {
            let mut more = parts.entries[0].clone();
            (more["name"], more["offset"]) = (json!("d"), json!(c.0 + 256));
            (more["length"], more["crc32c"]) = (json!(0), json!(0));
            parts.entries.push(more);
        }),
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
    .map(|name| set(0, "name", json!(name), "corrupt"))
    .collect();
    for (first, second) in [(0, 1), (0, 2), (1, 2)] {
        negatives.push(change(format!("{first} named as {second}"), "corrupt", |parts| {
            parts.entries[first]["name"] = parts.entries[second]["name"].clone();
        }));
    }
    for len in [4097, 1_000_000] {
        let long = "n".repeat(len);
        let what = format!("a name of {len} bytes");
        negatives.push(change(what, "limit_exceeded", |parts| {
            *parts = Parts::smallest();
            parts.entries[0]["name"] = json!(long);
        }));
    }
    negatives
}
