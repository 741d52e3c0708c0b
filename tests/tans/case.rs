//! The random inputs: tables, tiles and symbols.

use crate::coding::Tile;
use proptest::prelude::*;
use proptest::sample::select;
use support::Random;
use support::assembler::{LANES, Table};

/// The distribution of a table's frequencies.
#[derive(Debug, Clone, Copy)]
pub enum Shares {
    /// Among two to four symbols at random.
    Few,
    /// Among up to 256 symbols at random.
    Many,
    /// One each for up to 255 symbols, and all that is left for one more.
    Ones,
    /// One for one symbol, and all but one for another.
    NearlyAll,
}

/// The distribution of a lane's symbols.
#[derive(Debug, Clone, Copy)]
pub enum Draw {
    /// Any that has a frequency, so that rare ones make the lane long.
    Alike,
    /// As often as the table has it.
    ByFrequency,
    /// The same one throughout: lanes run apart as far as they can.
    OneALane,
    /// By turns as above, from lane to lane.
    Mixed,
}

/// A tile to be coded.
#[derive(Debug, Clone)]
pub struct Case {
    pub precision: u32,
    pub shares: Shares,
    pub draw: Draw,
    pub steps: usize,
    pub rows: usize,
    pub seed: u64,
}

pub fn cases() -> impl Strategy<Value = Case> {
    let shares = select(vec![Shares::Few, Shares::Many, Shares::Ones, Shares::NearlyAll]);
    let draws = select(vec![Draw::Alike, Draw::ByFrequency, Draw::OneALane, Draw::Mixed]);
    let rows = prop_oneof![2 => Just(1), 8 => 1..=20usize, 1 => 250..=256usize];
    let steps = select(vec![2usize, 4, 8, 16]);
    (8..=12u32, shares, draws, steps, rows, any::<u64>()).prop_map(
        |(precision, shares, draw, steps, rows, seed)| Case {
            precision,
            shares,
            draw,
            steps,
            rows,
            seed,
        },
    )
}

impl Case {
    pub fn tile(&self) -> Tile {
        let mut random = Random::new(self.seed);
        let table = table(self.precision, self.shares, &mut random);
        let live: Vec<u8> = (0..=255).filter(|&s| table.frequency[usize::from(s)] > 0).collect();
        // The symbol of each of the 2^P places.
        let places: Vec<u8> =
            (0..=255).flat_map(|s| vec![s; table.frequency[usize::from(s)] as usize]).collect();
        let mut symbols = vec![[0; LANES]; self.rows * self.steps];
        for lane in 0..LANES {
            let own = random.pick(&live);
            for step in &mut symbols {
                step[lane] = match self.draw_of(lane) {
                    Draw::Alike => random.pick(&live),
                    Draw::ByFrequency => random.pick(&places),
                    Draw::OneALane | Draw::Mixed => own,
                };
            }
        }
        Tile { table, symbols, steps: self.steps }
    }

    fn draw_of(&self, lane: usize) -> Draw {
        match self.draw {
            Draw::Mixed => [Draw::Alike, Draw::ByFrequency, Draw::OneALane][lane % 3],
            draw => draw,
        }
    }
}

/// A random table.
pub fn table(precision: u32, shares: Shares, random: &mut Random) -> Table {
    let count = match shares {
        Shares::Few => 2 + random.below(3),
        Shares::Many | Shares::Ones => 2 + random.below(255),
        Shares::NearlyAll => 2,
    };
    let mut symbols: Vec<usize> = (0..256).collect();
    for at in (1..256).rev() {
        symbols.swap(at, random.below(at as u64 + 1) as usize);
    }
    let symbols = &symbols[..count as usize];
    let mut frequency = [0; 256];
    symbols.iter().for_each(|&s| frequency[s] = 1);
    let mut left = (1 << precision) - count as u32;
    while left > 0 {
        let share = match shares {
            Shares::Few => 1 + random.below(left.into()) as u32,
            Shares::Many => 1 + random.below(u64::from(left) / 16 + 1) as u32,
            Shares::Ones | Shares::NearlyAll => left,
        };
        frequency[random.pick(symbols)] += share;
        left -= share;
    }
    Table { precision, frequency }
}
