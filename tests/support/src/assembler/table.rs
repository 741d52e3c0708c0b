//! Sections 7.2 and 6.1: a table as it is stored, and its states.

#[derive(Clone)]
pub struct Table {
    pub precision: u32,
    pub frequency: [u32; 256],
}

impl Table {
    /// A table of `2^precision` states that has all the symbols counted, and at least two.
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

    /// Adds the missing frequency to the most frequent symbol, or subtracts the excess.
    fn fill(&mut self) {
        while self.frequency.iter().sum::<u32>() != 1 << self.precision {
            let too_much = self.frequency.iter().sum::<u32>() > 1 << self.precision;
            let most = self.frequency.iter_mut().max().expect("there are 256");
            if too_much { *most -= 1 } else { *most += 1 }
        }
    }

    /// "the `i`-th place, counted from 0, is state `i·d mod 2^P`": the states of each symbol in
    /// ascending order, in which they are numbered from `f[s]` on.
    pub fn states(&self) -> Vec<Vec<u32>> {
        let count = 1 << self.precision;
        let d = count / 2 + count / 8 + 3;
        let mut place = 0;
        let mut states = Vec::new();
        for f in self.frequency {
            let mut own: Vec<u32> = (place..place + f).map(|i| i * d % count).collect();
            own.sort_unstable();
            states.push(own);
            place += f;
        }
        states
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
