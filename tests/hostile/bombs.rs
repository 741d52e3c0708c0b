//! Small files that claim, or would cost, a lot.

use crate::archive::Parts;
use crate::attempt::Attempt;
use serde_json::json;
use std::fs;
use support::forged::{Forged, LENGTHS, header_len, planes};
use tempfile::TempDir;
use wcodec::container::Limits;
use wcodec::{Archive, Error};

const MIB: u64 = 1 << 20;
const TIB: u64 = 1 << 40;

#[test]
fn a_kilobyte_that_claims_a_terabyte() {
    let attempt = Attempt::new();
    for shape in [
        json!([TIB]),
        json!([1 << 20, 1 << 20]),
        json!([TIB / 4, 4]),
        json!([1, 1, 1, TIB]),
        json!([(1u64 << 38) + 1]),
        json!([1u64 << 60]),
    ] {
        let bomb = Parts::smallest().with(|parts| parts.entries[0].1["shape"] = shape.clone());
        attempt.refuses(&shape.to_string(), &bomb.file(), "limit_exceeded", MIB);
    }
    // A blob that claims as much contradicts its own length, whatever the header says.
    for (at, bytes) in [(16, TIB), (24, TIB), (32, 1 << 38), (48, TIB)] {
        let bomb = Parts::smallest().with(|parts| {
            parts.entries[0].1["shape"] = json!([1u64 << 38]);
            parts.blobs[0][at..at + 8].copy_from_slice(&bytes.to_le_bytes());
        });
        attempt.refuses(&format!("{bytes} at byte {at}"), &bomb.file(), "corrupt", MIB);
    }
}

#[test]
fn json_that_nests_deeply() {
    let attempt = Attempt::new();
    for depth in [33, 127, 128, 100_000] {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let nested = format!("{}1{}", open.repeat(depth), close.repeat(depth));
            let text = format!("{{\"__metadata__\":{{}},\"x\":{nested}}}");
            let bomb = Forged::of_text(text).file();
            attempt.refuses(&format!("{depth} {open}"), &bomb, "limit_exceeded", 2 * MIB);
        }
    }
    // Cut short, so that the parser would have to go all the way down to find out.
    let text = format!("{{\"x\":{}", "[".repeat(100_000));
    attempt.refuses("cut short", &Forged::of_text(text).file(), "limit_exceeded", MIB);
}

/// Entries as short as they can be.
fn entries(count: usize) -> Vec<u8> {
    let entry =
        |number| format!(r#""{number:x}":{{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}"#);
    let entries: Vec<_> = (0..count).map(entry).collect();
    let mut forged = Forged::of_text(format!("{{{}}}", entries.join(",")));
    forged.fields.push((LENGTHS, planes(&vec![0; count])));
    forged.sums = vec![0; 12 * count];
    forged.file()
}

#[test]
fn a_million_tensors() {
    let attempt = Attempt::new();
    // So many make a header of 55 MB; opening takes memory in proportion to it, and no more.
    let bomb = entries(1_000_000);
    attempt.refuses("a million", &bomb, "limit_exceeded", 12 * bomb.len() as u64);
    attempt.refuses("one too many", &entries(500_001), "limit_exceeded", 600 * MIB);
    // The limit itself lets them pass, to be refused for what they are: without blobs.
    let within = entries(2000);
    attempt.refuses("within the limit", &within, "truncated", 12 * within.len() as u64);
}

type Change = fn(&mut Limits);

/// Each limit on, and one below, what a sound file has.
#[test]
fn limits_are_options() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("sound");
    let parts = Parts::sound();
    let file = parts.file();
    fs::write(&path, &file).unwrap();
    let header_bytes = header_len(&file) as u64;
    let exact = Limits::new().header_bytes(header_bytes).tensors(3).name_bytes(1);
    let exact = exact.dimensions(2).json_depth(3).tensor_bytes(4100);
    Archive::open_with(&path, &exact).unwrap();
    let smaller: [(Change, &str); 6] = [
        (|limits| limits.header_bytes -= 1, "header length"),
        (|limits| limits.tensors -= 1, "number of tensors"),
        (|limits| limits.name_bytes -= 1, "name"),
        (|limits| limits.dimensions -= 1, "dimensions"),
        (|limits| limits.json_depth -= 1, "depth"),
        (|limits| limits.tensor_bytes -= 1, "decoded length"),
    ];
    for (lower, said) in smaller {
        let mut limits = exact;
        lower(&mut limits);
        let error = Archive::open_with(&path, &limits).unwrap_err();
        assert!(matches!(error, Error::LimitExceeded { .. }), "{said}: {error}");
        assert!(error.to_string().contains(said), "{said}: {error}");
    }
}
