//! The limit of a tile's words, to the word.
//!
//! The tile is one of zeros under a table that halves all states between symbols 0 and 1. State 0
//! is the lowest of symbol 0, has number 128 and goes on with one bit to `128 · 2 − 256` plus that
//! bit, so that zeros keep a lane where it is. 8 rows of 16 steps take a lane 8 + 127 bits: 7 after
//! the one of its first word, then four whole words. After its first three words it takes one each
//! time that it has read 32, 64, 96 and 128 bits, which makes seven, of which it needs five.

use support::assembler::{Blob, LANES, Plan, TANS8, Table, assemble_with};
use support::{check_blob, cpu, decode};
use wcodec::Error;

const NEEDED: usize = 5 * LANES;
const TAKEN: usize = 7 * LANES;
pub const ZEROS: [u8; 4096] = [0; 4096];

/// Symbols 0 and 1 have half of the states each.
pub fn table() -> Table {
    let mut frequency = [0; 256];
    frequency[..2].fill(128);
    Table { precision: 8, frequency }
}

/// The tile as it is written.
fn tile() -> Blob {
    let blob = assemble_with(&[table()], &ZEROS, &Plan::flat(0, TANS8));
    let mut expected = [0x80, 0, 0, 0].repeat(LANES);
    expected.resize(4 * NEEDED, 0);
    assert_eq!(blob.words, expected);
    blob
}

/// The tile with so many words, those beyond the needed ones having this value.
fn with_words(count: usize, needless: u8) -> Vec<u8> {
    let mut blob = tile();
    blob.words.resize(4 * count, needless);
    finish(blob)
}

/// The blob with the counts that its words ask for.
pub fn finish(mut blob: Blob) -> Vec<u8> {
    let count = blob.words.len() as u64 / 4;
    blob.set(32, 8, count);
    blob.index[12..18].copy_from_slice(&count.to_le_bytes()[..6]);
    let length = blob.bytes().len() as u64;
    blob.set(48, 8, length);
    blob.bytes()
}

/// Checks that a tile of [`ZEROS`] may have these numbers of words, whatever the needless ones are.
pub fn check_accepted(counts: &[usize], with_words: fn(usize, u8) -> Vec<u8>) {
    for &count in counts {
        for needless in [0, 0xFF] {
            check_blob(&with_words(count, needless), &ZEROS);
        }
    }
}

/// Checks that it may not have these.
pub fn check_refused(counts: &[usize], with_words: fn(usize, u8) -> Vec<u8>) {
    for &count in counts {
        let bytes = with_words(count, 0);
        let library = decode(&cpu(), &bytes);
        assert!(matches!(library, Err(Error::Corrupt { .. })), "{count}: {library:?}");
        assert!(reference::decode_blob(&bytes).is_err(), "{count}");
    }
}

/// "at most 96 beyond the last", which "read as zeros".
#[test]
fn the_fewest_and_the_most_words() {
    let counts = [TAKEN - 96, TAKEN - 95, NEEDED - 1, NEEDED, NEEDED + 1, TAKEN - 1, TAKEN];
    check_accepted(&counts, with_words);
}

#[test]
fn a_word_fewer_and_a_word_more() {
    let counts = [LANES, TAKEN - 128, TAKEN - 97, TAKEN + 1, TAKEN + 96, TAKEN + 97];
    check_refused(&counts, with_words);
}

/// "Of the word 0, which no writer writes, it is 33 bits": the highest of the second word as well,
/// whatever that is. 8 bits and 23 follow, which the second word has left.
#[test]
fn a_first_word_of_zero() {
    let zeros = [0; 3 * 512];
    let plan = Plan { constant_planes: 1, ..Plan::flat(3, TANS8) };
    let mut blob = assemble_with(&[table()], &zeros, &plan);
    assert_eq!(blob.words, [0, 0, 0, 0x80].repeat(LANES));
    for highest in [0, 0x80] {
        blob.words = [[0; 4].repeat(LANES), [0, 0, 0, highest].repeat(LANES)].concat();
        check_blob(&finish(blob.clone()), &zeros);
    }
}
