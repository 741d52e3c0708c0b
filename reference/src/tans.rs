//! FORMAT.md sections 6.1 to 6.3: tANS.

use super::bytes::require;
use super::geometry::LANES;
use super::table::Table;
use super::words::Words;

#[derive(Clone, Default)]
struct Lane {
    /// "A lane holds three words, its *first*, *second* and *third*".
    words: [u32; 3],
    /// The bits read "since the start of its first word".
    read: u32,
    /// The number of its state.
    state: u32,
}

impl Lane {
    /// The lane's bits lie in its words, "in each from the highest bit on". As words are moved
    /// every two readings of 12 bits at most, fewer than 32 + 24 bits have been read.
    fn bit(&mut self) -> u32 {
        let word = if self.read < 32 { self.words[0] } else { self.words[1] };
        let bit = word >> (31 - self.read % 32) & 1;
        self.read += 1;
        bit
    }

    fn value(&mut self, bits: u32) -> u32 {
        (0..bits).fold(0, |value, _| value << 1 | self.bit())
    }

    /// "From a state numbered `x` the decoder goes on with `b = P − floor(log2 x)` bits, 0 ≤ b ≤ P,
    /// to one of the states from `x·2^b − 2^P` on: that number plus the value of the `b` bits."
    fn go_on(&mut self, table: &Table) {
        let x = table.number_of[self.state as usize];
        // A frequency is 1 or more, and so is `x`.
        let b = table.precision - x.ilog2();
        self.state = (x << b) - (1 << table.precision) + self.value(b);
    }

    /// "its second word becomes its first, its third its second, and the next word of the tile its
    /// third."
    fn move_words(&mut self, words: &mut Words) -> Result<(), String> {
        self.words = [self.words[1], self.words[2], words.take()?];
        self.read -= 32;
        Ok(())
    }
}

/// All lanes of a tile. They do the same at the same time.
struct Decoder<'a> {
    table: &'a Table,
    words: Words<'a>,
    lanes: Vec<Lane>,
    /// The number of the next reading of every lane.
    reading: usize,
}

/// Decodes `rows` rows of `steps` steps from the words of one tile: the symbols of all 32 lanes,
/// step by step.
pub fn symbols(
    words: &[u8],
    table: &Table,
    rows: usize,
    steps: usize,
) -> Result<Vec<[u8; LANES]>, String> {
    let mut decoder = Decoder::start(words, table)?;
    let mut symbols = Vec::new();
    for i in 0..rows {
        for k in 0..steps {
            symbols.push(decoder.symbols());
            // "(From the state of the last symbol the decoder does not go on.)"
            if symbols.len() < rows * steps {
                decoder.go_on().map_err(|why| format!("row {i}, step {k}: {why}"))?;
            }
        }
    }
    decoder.check_end()?;
    Ok(symbols)
}

/// "32 words, the first of each lane, in lane order; 32 words, the second of each; 32 words, the
/// third of each".
fn first_lanes(words: &mut Words) -> Result<Vec<Lane>, String> {
    let mut lanes = vec![Lane::default(); LANES];
    for place in 0..3 {
        for lane in &mut lanes {
            lane.words[place] = words.take()?;
        }
    }
    for lane in &mut lanes {
        // "its leading zeros and one bit more count as read before reading 0"
        lane.read = lane.words[0].leading_zeros() + 1;
    }
    Ok(lanes)
}

impl<'a> Decoder<'a> {
    /// All lanes with their first words and their first states.
    fn start(words: &'a [u8], table: &'a Table) -> Result<Self, String> {
        let mut words = Words::of(words);
        let lanes = first_lanes(&mut words)?;
        let mut decoder = Self { table, words, lanes, reading: 0 };
        decoder.first_states()?;
        Ok(decoder)
    }

    /// "reading 0 has `P` bits, and its value is the initial state". There are `2^P` states, so
    /// every value is one.
    fn first_states(&mut self) -> Result<(), String> {
        self.before_reading()?;
        for lane in &mut self.lanes {
            lane.state = lane.value(self.table.precision);
        }
        Ok(())
    }

    /// "Symbol `m` is that of the state as it then is."
    fn symbols(&self) -> [u8; LANES] {
        let mut symbols = [0; LANES];
        for (lane, symbol) in self.lanes.iter().zip(&mut symbols) {
            *symbol = self.table.symbol_of[lane.state as usize];
        }
        symbols
    }

    /// "reading `r ≥ 1` has the `b` bits with which the state that symbol `r − 1` came from goes
    /// on."
    fn go_on(&mut self) -> Result<(), String> {
        self.before_reading()?;
        for lane in &mut self.lanes {
            lane.go_on(self.table);
        }
        Ok(())
    }

    /// "before reading 0 and every further reading with an even number: for every lane, in lane
    /// order, that has read 32 bits or more since the start of its first word" words are moved.
    fn before_reading(&mut self) -> Result<(), String> {
        if self.reading.is_multiple_of(2) {
            for lane in self.lanes.iter_mut().filter(|lane| lane.read >= 32) {
                lane.move_words(&mut self.words)?;
            }
        }
        self.reading += 1;
        Ok(())
    }

    /// Checks the conditions "at the end of a sound tile", and that "every word of the tile has
    /// been taken".
    fn check_end(&self) -> Result<(), String> {
        for (number, lane) in self.lanes.iter().enumerate() {
            let checked = check_last_bit(lane).and_then(|()| self.check_state(lane));
            checked.map_err(|why| format!("the end of lane {number}: {why}"))?;
        }
        self.words.check_end()
    }

    /// "the state of its last symbol is the lowest state of that symbol, the one numbered `f[s]`."
    fn check_state(&self, lane: &Lane) -> Result<(), String> {
        let symbol = self.table.symbol_of[lane.state as usize];
        let lowest = self.table.frequency[usize::from(symbol)];
        require(self.table.number_of[lane.state as usize] == lowest, || {
            format!("the state is {}, not the lowest of symbol {symbol}", lane.state)
        })
    }
}

/// "every lane has read all bits of its last needed word": that word is its first one now, or it
/// has been moved out and nothing been read since.
fn check_last_bit(lane: &Lane) -> Result<(), String> {
    let read = lane.read % 32;
    require(read == 0, || format!("{read} bits of its last word are read, not all 32"))
}
