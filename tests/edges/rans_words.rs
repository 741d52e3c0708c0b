//! The words of a tile of rANS: how many there may be, and the first one of a lane.
//!
//! The tile is one of zeros under a table that halves all slots between symbols 0 and 1. A step back
//! from a multiple of 128 doubles it: from 2^16, the lowest state of symbol 0, 15 of them lead to
//! 2^31, and every sixteenth sheds half of a word first. 8 rows of 16 steps are 127 steps back, with
//! 7 halves. The half below the first state is the eighth, so a lane needs five words. It takes one
//! more each time that it has read 32 bits, also before its first step: eight in all.

use crate::words::{ZEROS, check_accepted, check_refused, finish, table};
use std::slice;
use support::assembler::{LANES, Plan, RANS8, assemble_with, original};
use support::{check_blob, cpu, decode};

const NEEDED: usize = 5 * LANES;
const TAKEN: usize = 8 * LANES;

/// The tile with so many words, those beyond the needed ones having this value.
fn with_words(count: usize, needless: u8) -> Vec<u8> {
    let mut blob = assemble_with(&[table()], &ZEROS, &Plan::flat(0, RANS8));
    let mut expected = [0, 0x80, 0, 0].repeat(LANES);
    expected.resize(4 * NEEDED, 0);
    assert_eq!(blob.words, expected);
    blob.words.resize(4 * count, needless);
    finish(blob)
}

/// "at most 96 beyond the last", which "read as zeros".
#[test]
fn the_fewest_and_the_most_words() {
    check_accepted(&[TAKEN - 96, TAKEN - 95, NEEDED + 1, TAKEN - 1, TAKEN], with_words);
}

#[test]
fn a_word_fewer_and_a_word_more() {
    let counts = [LANES, TAKEN - 128, TAKEN - 97, TAKEN + 1, TAKEN + 96, TAKEN + 97];
    check_refused(&counts, with_words);
}

/// "1 where that is 0": where a lane's first word is 1, 0 means the same. Symbols of other costs than
/// whole bits bring about states of any length.
#[test]
fn a_first_word_of_zero() {
    let mut table = table();
    table.frequency[..2].copy_from_slice(&[192, 64]);
    let mut changed = 0;
    for seed in 0..20 {
        let data: Vec<u8> = original(seed, 4096, 1).iter().map(|byte| byte % 2).collect();
        let mut blob = assemble_with(slice::from_ref(&table), &data, &Plan::flat(0, RANS8));
        for first in blob.words[..4 * LANES].chunks_exact_mut(4) {
            if first == [1, 0, 0, 0] {
                first.fill(0);
                changed += 1;
            }
        }
        check_blob(&blob.bytes(), &data);
    }
    assert!(changed > 0);
}

/// A lane that does not end on the lowest state of its last symbol, or with a whole word.
#[test]
fn a_changed_word_is_seen() {
    let data: Vec<u8> = original(1, 4096, 1).iter().map(|byte| byte % 2).collect();
    let sound = assemble_with(&[table()], &data, &Plan::flat(0, RANS8));
    let mut refused = 0;
    for bit in (0..8 * sound.words.len()).step_by(13) {
        let mut blob = sound.clone();
        blob.words[bit / 8] ^= 1 << (bit % 8);
        let library = decode(&cpu(), &blob.bytes());
        let second = reference::decode_blob(&blob.bytes());
        assert_eq!(library.as_ref().ok(), second.as_ref().ok(), "bit {bit}");
        assert!(library.as_ref().ok() != Some(&data), "bit {bit}");
        refused += usize::from(library.is_err());
    }
    assert!(refused > 0);
}
