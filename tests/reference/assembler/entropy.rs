//! Section 6, backwards, and the tables of section 7.2.

use super::Plan;

pub struct Table {
    precision: u32,
    frequency: [u32; 256],
}

impl Table {
    /// A table of `2^precision` slots that has all the symbols counted, and at least two.
    pub fn new(counts: &[u64; 256], precision: u32) -> Self {
        let total: u64 = counts.iter().sum::<u64>().max(1);
        let scaled = |count: u64| ((count << precision) / total).max(u64::from(count > 0)) as u32;
        let mut table = Self { precision, frequency: counts.map(scaled) };
        for s in [0, 1] {
            if table.frequency.iter().filter(|&&f| f > 0).count() < 2 {
                table.frequency[s] = table.frequency[s].max(1);
            }
        }
        table.fill();
        table
    }

    /// Gives to the most frequent symbol what is missing, or takes from it what is too much.
    fn fill(&mut self) {
        while self.frequency.iter().sum::<u32>() != 1 << self.precision {
            let too_much = self.frequency.iter().sum::<u32>() > 1 << self.precision;
            let most = self.frequency.iter_mut().max().expect("there are 256");
            if too_much { *most -= 1 } else { *most += 1 }
        }
    }

    fn below(&self, symbol: usize) -> u32 {
        self.frequency[..symbol].iter().sum()
    }

    /// Section 7.2.
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = vec![self.precision as u8];
        bytes.resize(33, 0);
        for (s, &f) in self.frequency.iter().enumerate().filter(|(_, f)| **f > 0) {
            bytes[1 + s / 8] |= 1 << (s % 8);
            match f {
                1..128 => bytes.push(f as u8),
                _ => bytes.extend([128 + (f % 128) as u8, (f / 128) as u8]),
            }
        }
        bytes
    }
}

/// The words of a tile of `steps` steps a row. Its states start where the decoder's end, at
/// `2^16`, and go through the steps, the lanes and the words from the last to the first.
pub fn words(symbols: &[[u8; 32]], steps: usize, plan: &Plan, table: &Table) -> Vec<u16> {
    let states = usize::from(plan.states);
    let mut x = vec![[1_u32 << 16; 32]; states];
    let mut words = Vec::new();
    for (step, lanes) in symbols.iter().enumerate().rev() {
        let k = step % steps;
        for (lane, &symbol) in lanes.iter().enumerate().rev() {
            let early = plan.low_initial_states && step < states;
            put(&mut x[k % states][lane], usize::from(symbol), early, table, &mut words);
        }
    }
    for state in x.iter().flatten().rev() {
        words.extend([(state >> 16) as u16, *state as u16]);
    }
    words.reverse();
    words
}

/// Undoes a step of one lane. The decoder's step ends below `2^16` and takes a word in exactly the
/// cases in which `x` is too large here for the state before that step to fit 32 bits; or, if it
/// is to be `early`, in others too, the state before then being below `2^16`.
fn put(x: &mut u32, symbol: usize, early: bool, table: &Table, words: &mut Vec<u16>) {
    let f = table.frequency[symbol];
    if early || u64::from(*x) >= u64::from(f) << (32 - table.precision) {
        words.push(*x as u16);
        *x >>= 16;
    }
    *x = ((*x / f) << table.precision) + *x % f + table.below(symbol);
}
