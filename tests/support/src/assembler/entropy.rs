//! Section 6, backwards: from the symbols of a tile to its words. This file has tANS, `rans` has rANS.

use super::random::Random;
use super::table::Table;
use super::{LANES, Plan, rans};
use std::iter::once;

/// One reading of a lane: the number of bits, and their value.
#[derive(Clone, Copy, Default)]
pub struct Reading {
    pub bits: u32,
    pub value: u32,
}

/// The words of a tile with these symbols, step by step.
pub fn words(symbols: &[[u8; LANES]], plan: &Plan, table: &Table) -> Vec<u32> {
    let own_states = table.states();
    let lane = |lane: usize| {
        let symbols: Vec<u8> = symbols.iter().map(|step| step[lane]).collect();
        match plan.has_rans() {
            true => rans::lane(&symbols, table),
            false => Lane::new(readings(&symbols, table.precision, &own_states)),
        }
    };
    let mut taken = take_all((0..LANES).map(lane).collect(), symbols.len());
    // "after the last needed word it stores none"
    while taken.pop_if(|word| word.is_none()).is_some() {}
    let mut random = Random::new(6);
    let mut needless =
        || if plan.arbitrary_needless_words { random.next_u64() as u32 | 1 } else { 0 };
    taken.into_iter().map(|word| word.unwrap_or_else(&mut needless)).collect()
}

/// The readings of a lane, found from its last symbol to its first. "the state of its last symbol
/// is the lowest state of that symbol".
fn readings(symbols: &[u8], precision: u32, own_states: &[Vec<u32>]) -> Vec<Reading> {
    let mut readings = vec![Reading::default(); symbols.len()];
    let mut state = None;
    for (m, &symbol) in symbols.iter().enumerate().rev() {
        let own = &own_states[usize::from(symbol)];
        let here = match state {
            None => own[0],
            Some(next) => {
                let (here, reading) = go_back(next, own, precision);
                readings[m + 1] = reading;
                here
            }
        };
        state = Some(here);
    }
    // "reading 0 has `P` bits, and its value is the initial state"
    for (reading, state) in readings.iter_mut().zip(state) {
        *reading = Reading { bits: precision, value: state };
    }
    readings
}

/// The one of a symbol's `own` states from which the decoder goes on to `next`, and how. It goes on
/// to `x·2^b − 2^P` plus the value, where `x` is one of `f` to `2·f − 1`.
fn go_back(next: u32, own: &[u32], precision: u32) -> (u32, Reading) {
    let f = own.len() as u32;
    let sum = next + (1 << precision);
    let fits = |bits: &u32| sum >> bits < 2 * f;
    let bits = (0..=precision).find(fits).expect("with P bits it is 1");
    let x = sum >> bits;
    (own[(x - f) as usize], Reading { bits, value: sum - (x << bits) })
}

/// A lane that reads its words.
pub struct Lane {
    /// In turn; the decoder moves words before each with an even number.
    pub readings: Vec<Reading>,
    pub words: Vec<u32>,
    /// The number of words taken.
    pub taken: usize,
    /// The bits read "since the start of its first word".
    pub read: u32,
}

impl Lane {
    /// "They end with the last bit of a word, and begin after the highest one bit of the first
    /// word". In each word they lie "from the highest bit on".
    fn new(readings: Vec<Reading>) -> Self {
        let of_reading =
            |r: &Reading| (0..r.bits).rev().map(|bit| r.value >> bit & 1).collect::<Vec<u32>>();
        let bits: Vec<u32> = once(1).chain(readings.iter().flat_map(of_reading)).collect();
        let zeros = bits.len().next_multiple_of(32) - bits.len();
        let all = [vec![0; zeros], bits].concat();
        let word = |bits: &[u32]| bits.iter().fold(0, |word, bit| word << 1 | bit);
        // "its leading zeros and one bit more count as read before reading 0"
        Self {
            readings,
            words: all.chunks(32).map(word).collect(),
            taken: 0,
            read: zeros as u32 + 1,
        }
    }

    /// The next word, if it is needed.
    fn take(&mut self) -> Option<u32> {
        self.taken += 1;
        self.words.get(self.taken - 1).copied()
    }
}

/// All words in the order in which the decoder takes them, `None` for those that are not needed.
fn take_all(mut lanes: Vec<Lane>, readings: usize) -> Vec<Option<u32>> {
    let mut taken = Vec::new();
    // "32 words, the first of each lane, in lane order; 32 words, the second of each; 32 words, the
    // third of each"
    for _ in 0..3 {
        taken.extend(lanes.iter_mut().map(Lane::take));
    }
    for number in 0..readings {
        // "before reading 0 and every further reading with an even number: for every lane, in lane
        // order, that has read 32 bits or more since the start of its first word"
        let moves = |lane: &&mut Lane| number % 2 == 0 && lane.read >= 32;
        for lane in lanes.iter_mut().filter(moves) {
            lane.read -= 32;
            taken.push(lane.take());
        }
        lanes.iter_mut().for_each(|lane| lane.read += lane.readings[number].bits);
    }
    taken
}
