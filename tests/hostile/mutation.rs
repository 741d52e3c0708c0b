//! Archives changed in header and blobs at once, every checksum made anew: each is read whole, or
//! refused by a typed error that names it; and the reference is of the same opinion.
//!
//! A tenth of `WCODEC_MUTATIONS`, as each is a whole file.

use crate::archive::Parts;
use crate::attempt::Attempt;
use serde_json::{Value, json};
use support::forged::{KINDS, REFERENCES};
use support::{Random, number};

const MEMBERS: [&str; 3] = ["dtype", "shape", "data_offsets"];

/// An integer that is likely to reveal a fault.
fn integer(random: &mut Random) -> u64 {
    let power = 1u64 << random.below(64);
    random.pick(&[0, 1, power, power - 1, power.wrapping_add(1), u64::MAX])
}

fn value(random: &mut Random) -> Value {
    let integer = integer(random);
    match random.below(9) {
        0 => json!(null),
        1 => json!(-1),
        2 => json!([]),
        3 => json!([integer, 2]),
        4 => json!([random.below(5000)]),
        5 => json!(random.pick(&["a", "b", "U8", "F32", "F4", "C64", "..", ""])),
        6 => json!(format!("{integer:016x}")),
        7 => json!({ "a": integer }),
        _ => json!(integer),
    }
}

fn change(random: &mut Random, parts: &mut Parts) {
    let entry = random.below(3) as usize;
    match random.below(11) {
        0 => parts.entries[entry].1[random.pick(&MEMBERS)] = value(random),
        1 => {
            let entry = parts.entries[entry].1.as_object_mut().expect("an entry is an object");
            entry.remove(random.pick(&MEMBERS));
        }
        2 => parts.entries.swap(entry, random.below(3) as usize),
        3 => parts.blobs.swap(entry, random.below(3) as usize),
        4 => {
            let members = ["__metadata__", "a", "more"];
            parts.members.push((random.pick(&members).to_owned(), value(random)));
        }
        5 => parts.entries[entry].0 = random.pick(&["a", "b", "..", "", "/a"]).to_owned(),
        6 => parts.lengths[entry] = Some(integer(random)),
        7 => {
            let (tag, len) = (random.below(256) as u8, random.below(9));
            parts.fields.push((tag, random.bytes(len as usize)));
        }
        8 => parts.hashes[entry] = integer(random),
        9 => {
            let kinds = (0..3).map(|_| random.below(5) as u8).collect();
            parts.fields.push((KINDS, kinds));
            parts.fields.push((REFERENCES, vec![random.below(4) as u8, 0, 0, 0]));
        }
        _ => {
            let blob = &mut parts.blobs[entry];
            let at = random.below(blob.len() as u64) as usize;
            blob[at] ^= 1 << random.below(8);
        }
    }
}

#[test]
fn mutants_are_refused_or_read_whole() {
    let (attempt, sound) = (Attempt::new(), Parts::sound());
    let mut random = Random::new(number("WCODEC_SEED", 20_261_125));
    let (mut read, mut refused) = (0, 0);
    for _ in 0..number("WCODEC_MUTATIONS", 20_000) / 10 {
        let mutant = sound.with(|parts| {
            for _ in 0..1 + random.below(3) {
                change(&mut random, parts);
            }
        });
        let file = mutant.file();
        match (attempt.read(&file), reference::decode_archive(&file)) {
            (Ok(()), Ok(_)) => read += 1,
            (Err(refusal), by_reference) => {
                let agreed = by_reference.is_err() || refusal.code == "limit_exceeded";
                assert!(agreed, "only the library refuses: {refusal:?}");
                refused += 1;
            }
            (Ok(()), Err(why)) => panic!("only the reference refuses: {why}"),
        }
    }
    assert!(read > refused / 100 && refused > read, "{read} read, {refused} refused");
}
