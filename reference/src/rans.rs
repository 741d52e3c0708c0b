//! FORMAT.md section 6.4: rANS.

use super::bytes::require;
use super::geometry::LANES;
use super::table::Table;
use super::words::Words;

/// A state "is never below that".
const LOWEST: u64 = 1 << 16;

#[derive(Clone, Default)]
struct Lane {
    /// "A lane holds three words".
    words: [u32; 3],
    /// The bits read "since the start of its first word".
    read: u32,
    /// `x`
    x: u64,
}

impl Lane {
    /// "where it is below 2^16, 2^16 times it plus the value of the next 16 bits of the lane". These
    /// are one half of a word, as no other number of bits is ever read.
    fn renormalise(&mut self) {
        if self.x < LOWEST {
            let word = self.words[self.read as usize / 32];
            let half = if self.read.is_multiple_of(32) { word >> 16 } else { word & 0xFFFF };
            self.x = self.x << 16 | u64::from(half);
            self.read += 16;
        }
    }

    /// "The first state is the first word, 1 where that is 0".
    fn start(&mut self) {
        self.x = self.words[0].max(1).into();
        self.read = 32;
        self.renormalise();
    }

    /// "symbol `m` is that of slot `x mod 2^P`": it, and `c[s]`.
    fn symbol(&self, table: &Table) -> (u8, u64) {
        symbol_of(self.x % (1 << table.precision), table)
    }

    /// "`f[s] · (x / 2^P) + x mod 2^P − c[s]`"
    fn go_on(&mut self, table: &Table) {
        let (symbol, first) = self.symbol(table);
        let f = u64::from(table.frequency[usize::from(symbol)]);
        let (whole, slot) = (self.x >> table.precision, self.x % (1 << table.precision));
        self.x = f * whole + slot - first;
        self.renormalise();
    }

    /// "its second word becomes its first, its third its second, and the next word of the tile its
    /// third."
    fn move_words(&mut self, words: &mut Words) -> Result<(), String> {
        self.words = [self.words[1], self.words[2], words.take()?];
        self.read -= 32;
        Ok(())
    }

    /// "every lane has read all bits of its last needed word, and the state of its last symbol is
    /// `2^16 + c[s]`"
    fn check_end(&self, table: &Table) -> Result<(), String> {
        let read = self.read % 32;
        require(read == 0, || format!("{read} bits of its last word are read, not all 32"))?;
        let (symbol, first) = self.symbol(table);
        require(self.x == LOWEST + first, || {
            format!("the state is {}, not the lowest of symbol {symbol}", self.x)
        })
    }
}

/// "Slots belong to the symbols in ascending order, `f[s]` of them to each": the symbol of a slot, and
/// `c[s]`, its first one.
fn symbol_of(slot: u64, table: &Table) -> (u8, u64) {
    let mut first = 0;
    for symbol in 0..=255 {
        let f = u64::from(table.frequency[usize::from(symbol)]);
        if slot < first + f {
            return (symbol, first);
        }
        first += f;
    }
    unreachable!("the frequencies add up to 2^P, and a slot is below that")
}

/// Decodes `rows` rows of `steps` steps from the words of one tile: the symbols of all 32 lanes,
/// step by step.
pub fn symbols(
    words: &[u8],
    table: &Table,
    rows: usize,
    steps: usize,
) -> Result<Vec<[u8; LANES]>, String> {
    let mut words = Words::of(words);
    let mut lanes = vec![Lane::default(); LANES];
    for place in 0..3 {
        for lane in &mut lanes {
            lane.words[place] = words.take()?;
        }
    }
    lanes.iter_mut().for_each(Lane::start);
    let mut symbols = Vec::new();
    for step in 0..rows * steps {
        // "before symbol 0 and every further symbol with an even number"
        if step.is_multiple_of(2) {
            for lane in lanes.iter_mut().filter(|lane| lane.read >= 32) {
                let moved = lane.move_words(&mut words);
                moved
                    .map_err(|why| format!("row {}, step {}: {why}", step / steps, step % steps))?;
            }
        }
        symbols.push(std::array::from_fn(|lane| lanes[lane].symbol(table).0));
        // "From the state of the last symbol the decoder does not go on."
        if step + 1 < rows * steps {
            lanes.iter_mut().for_each(|lane| lane.go_on(table));
        }
    }
    for (number, lane) in lanes.iter().enumerate() {
        lane.check_end(table).map_err(|why| format!("the end of lane {number}: {why}"))?;
    }
    words.check_end()?;
    Ok(symbols)
}
