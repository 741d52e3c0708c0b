//! The start of a lane's bits in its first word, with lanes of any length: under these tables the
//! bits that each symbol takes are the same from all its states.

use crate::coding::Tile;
use support::assembler::{LANES, Table};

/// `P` is 9; symbol 0 takes 1 bit, symbols 1 and 2 take 2.
fn table() -> Table {
    let mut frequency = [0; 256];
    frequency[..3].copy_from_slice(&[256, 128, 128]);
    Table { precision: 9, frequency }
}

/// 24 symbols in a lane, of which the first `twos` take 2 bits.
fn lane(twos: usize) -> [u8; 24] {
    std::array::from_fn(|m| if m < twos { 1 + (m % 2) as u8 } else { 0 })
}

fn tile(twos: impl Fn(usize) -> usize) -> Tile {
    let lanes: Vec<[u8; 24]> = (0..LANES).map(|number| lane(twos(number))).collect();
    let step = |m: usize| std::array::from_fn(|number| lanes[number][m]);
    Tile { table: table(), symbols: (0..24).map(step).collect(), steps: 8 }
}

fn words(tile: &Tile) -> Vec<u32> {
    let bytes = tile.check();
    bytes.as_chunks::<4>().0.iter().map(|&word| u32::from_le_bytes(word)).collect()
}

/// `P` bits and 23 of one bit each are 32: "That is all of the word 1."
#[test]
fn bits_that_fill_words_exactly() {
    let words = words(&tile(|_| 0));
    assert_eq!(words.len(), 2 * LANES);
    assert_eq!(words[..LANES], [1; LANES]);
}

/// With `k` symbols of two bits the first word has `k` bits after its highest one, and the one
/// bits of lanes that begin with the word 1 stand among those that do not.
#[test]
fn first_words_of_every_length() {
    let twos = |lane: usize| lane * 5 % 24;
    let words = words(&tile(twos));
    for (lane, word) in words[..LANES].iter().enumerate() {
        assert_eq!(word.ilog2() as usize, twos(lane), "lane {lane}");
    }
    assert!(words[..LANES].contains(&1));
}

/// Lanes of 31 and 32 bits beside each other: the ones have one word, the others two.
#[test]
fn lanes_of_one_word_and_of_two() {
    let mut tile = tile(|_| 0);
    tile.symbols.truncate(22);
    tile.steps = 2;
    for lane in (0..LANES).step_by(2) {
        tile.symbols[0][lane] = 1;
        tile.symbols[1][lane] = 2;
    }
    let words = words(&tile);
    let even = |lane: &usize| lane.is_multiple_of(2);
    let (long, short): (Vec<usize>, Vec<usize>) = (0..LANES).partition(even);
    // 9 + 21 bits and two more are 32; without the two a word holds them and the one.
    assert!(long.iter().all(|&lane| words[lane] == 1 && words[LANES + lane] != 0));
    assert!(short.iter().all(|&lane| words[lane].ilog2() == 30));
    // Lane 30 is the last that needs a second one; before it the others have zeros.
    assert_eq!(words.len(), 2 * LANES - 1);
    assert!(short[..15].iter().all(|&lane| words[LANES + lane] == 0));
}
