//! FORMAT.md section 6: rANS.

use super::bytes::require;
use super::geometry::LANES;
use super::table::Table;

/// "the lower bound is `L = 2^16`"
const L: u32 = 1 << 16;

/// The words of one tile, taken from the front.
struct Words<'a> {
    bytes: &'a [u8],
}

impl Words<'_> {
    fn take(&mut self) -> Result<u32, String> {
        let (word, rest) = self.bytes.split_first_chunk().ok_or("the tile has too few words")?;
        self.bytes = rest;
        Ok(u16::from_le_bytes(*word).into())
    }
}

/// Decodes `rows` rows of `steps` steps with `states` states a lane from the words of one tile:
/// the symbols of all 32 lanes, step by step.
pub fn symbols(
    words: &[u8],
    table: &Table,
    states: usize,
    rows: usize,
    steps: usize,
) -> Result<Vec<[u8; LANES]>, String> {
    let mut words = Words { bytes: words };
    let mut x = initial_states(&mut words, states)?;
    let mut symbols = Vec::new();
    for i in 0..rows {
        for k in 0..steps {
            // "step `k` of a row uses state `k mod S`"
            let step = step(&mut x[k % states], table, &mut words);
            symbols.push(step.map_err(|why| format!("row {i}, step {k}: {why}"))?);
        }
    }
    check_end(&x[..states], &words)?;
    Ok(symbols)
}

/// "state `j` of lane `l` in words `2·(32·j + l)` (its low half) and `2·(32·j + l) + 1` (its high
/// half). A reader does not care whether an initial state is below `L`."
fn initial_states(words: &mut Words, states: usize) -> Result<[[u32; LANES]; 2], String> {
    let mut x = [[0; LANES]; 2];
    for state in x.iter_mut().take(states) {
        for lane in state {
            let low = words.take()?;
            *lane = low | words.take()? << 16;
        }
    }
    Ok(x)
}

/// One step of all lanes, then "the lanes with `x < L`, in ascending lane order, each take the
/// next word `w` of the tile: `x = x·2^16 + w`".
fn step(x: &mut [u32; LANES], table: &Table, words: &mut Words) -> Result<[u8; LANES], String> {
    let mut symbols = [0; LANES];
    for (x, symbol) in x.iter_mut().zip(&mut symbols) {
        let slot = *x % (1 << table.precision);
        // The slots of a table fill `2^P`, so every slot has its symbol.
        *symbol = table.symbol_of[slot as usize];
        let s = usize::from(*symbol);
        *x = table.frequency[s] * (*x >> table.precision) + slot - table.cumulative[s];
    }
    for x in x.iter_mut().filter(|x| **x < L) {
        *x = (*x << 16) + words.take()?;
    }
    Ok(symbols)
}

/// "After the last step every state is exactly `L` and every word of the tile has been taken;
/// anything else is corruption."
fn check_end(x: &[[u32; LANES]], words: &Words) -> Result<(), String> {
    for (j, state) in x.iter().enumerate() {
        for (lane, &x) in state.iter().enumerate() {
            require(x == L, || format!("state {j} of lane {lane} ends at {x:#x}, not at L"))?;
        }
    }
    let left = words.bytes.len() / 2;
    require(left == 0, || format!("{left} words are left after the last step"))
}
