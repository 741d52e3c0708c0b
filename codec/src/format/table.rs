//! Frequency tables: packed as they are stored, and spread over the states (FORMAT.md sections 6.1
//! and 7.2).

use super::{Invalid, MAX_PROB_BITS, MIN_PROB_BITS};

/// The frequency of each symbol, their sum a power of two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    prob_bits: u8,
    frequencies: [u16; 256],
}

impl Table {
    /// A table from frequencies that add up to `2^prob_bits`.
    ///
    /// # Errors
    /// Where `prob_bits` is not 8 to 12, fewer than two symbols have a frequency, or the sum is
    /// another.
    pub fn new(prob_bits: u8, frequencies: [u16; 256]) -> Result<Self, Invalid> {
        if !(MIN_PROB_BITS..=MAX_PROB_BITS).contains(&prob_bits) {
            return Err(invalid("its probability bits are not 8 to 12"));
        }
        let sum: u32 = frequencies.iter().map(|&frequency| u32::from(frequency)).sum();
        if sum != 1 << prob_bits {
            return Err(invalid("its frequencies do not add up"));
        }
        // A tensor of one symbol has the Const codec.
        if frequencies.iter().filter(|&&frequency| frequency > 0).count() < 2 {
            return Err(invalid("it has fewer than two symbols"));
        }
        Ok(Self { prob_bits, frequencies })
    }

    /// `P`, the binary logarithm of the frequencies' sum.
    pub fn prob_bits(&self) -> u8 {
        self.prob_bits
    }

    /// The frequency of each symbol; 0 for one that does not occur.
    pub fn frequencies(&self) -> &[u16; 256] {
        &self.frequencies
    }

    /// The distance of a symbol's next state from the one before, among `2^prob_bits`: odd, so that
    /// every state is visited once; near 5/8 of them, so that a symbol's states lie far apart.
    pub const fn stride(prob_bits: u8) -> usize {
        let count = 1 << prob_bits;
        count / 2 + count / 8 + 3
    }

    /// Visits all `2^P` states in ascending order, each with its symbol and its number among that
    /// symbol's states: `f` for the lowest, up to `2f − 1`.
    pub fn for_each_state(&self, mut visit: impl FnMut(u16, u8, u16)) {
        let mut symbols = [0; 1 << MAX_PROB_BITS];
        let count = 1usize << self.prob_bits;
        let stride = Self::stride(self.prob_bits);
        let mut state = 0;
        for (symbol, &frequency) in self.frequencies.iter().enumerate() {
            for _ in 0..frequency {
                symbols[state] = symbol as u8;
                state = (state + stride) % count;
            }
        }
        let mut next = self.frequencies;
        for (state, &symbol) in symbols[..count].iter().enumerate() {
            let within = &mut next[usize::from(symbol)];
            visit(state as u16, symbol, *within);
            *within += 1;
        }
    }

    /// Writes the packed form byte by byte.
    pub fn write(&self, mut put: impl FnMut(u8)) {
        put(self.prob_bits);
        for eight in self.frequencies.chunks_exact(8) {
            let bits = eight.iter().enumerate().map(|(bit, &f)| u8::from(f > 0) << bit);
            put(bits.fold(0, |byte, bit| byte | bit));
        }
        for &frequency in self.frequencies.iter().filter(|&&frequency| frequency > 0) {
            if frequency < 128 {
                put(frequency as u8);
            } else {
                put(128 | (frequency % 128) as u8);
                put((frequency / 128) as u8);
            }
        }
    }
}

/// Reads packed tables one after another.
#[derive(Debug, Clone)]
pub struct TableReader<'a> {
    bytes: &'a [u8],
}

impl<'a> TableReader<'a> {
    /// A reader at the start of a blob's tables part, without its padding.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    /// Reads the next table.
    ///
    /// # Errors
    /// Where it breaks a rule of FORMAT.md section 7.2.
    pub fn read(&mut self) -> Result<Table, Invalid> {
        let prob_bits = self.byte()?;
        let mut bitmap = [0; 32];
        for byte in &mut bitmap {
            *byte = self.byte()?;
        }
        let mut frequencies = [0; 256];
        for (symbol, frequency) in frequencies.iter_mut().enumerate() {
            if bitmap[symbol / 8] >> (symbol % 8) & 1 != 0 {
                *frequency = self.frequency()?;
            }
        }
        Table::new(prob_bits, frequencies)
    }

    /// Ends reading.
    ///
    /// # Errors
    /// Where bytes are left over.
    pub fn finish(self) -> Result<(), Invalid> {
        if self.bytes.is_empty() { Ok(()) } else { Err(invalid("there are bytes after the last")) }
    }

    fn byte(&mut self) -> Result<u8, Invalid> {
        let (&first, rest) = self.bytes.split_first().ok_or(invalid("it is cut short"))?;
        self.bytes = rest;
        Ok(first)
    }

    fn frequency(&mut self) -> Result<u16, Invalid> {
        let low = u16::from(self.byte()?);
        let frequency = if low < 128 { low } else { low - 128 + 128 * u16::from(self.byte()?) };
        let shortest = low < 128 || frequency >= 128;
        if frequency == 0 || !shortest || frequency >= 1 << MAX_PROB_BITS {
            return Err(invalid("a frequency is out of bounds"));
        }
        Ok(frequency)
    }
}

const fn invalid(reason: &'static str) -> Invalid {
    Invalid::new("table", reason)
}
