//! FORMAT.md sections 7.2 and 6.1: the tables, as stored and what follows for every state.

use super::bytes::{byte, require, slice};
use std::iter::repeat_n;

pub struct Table {
    /// `P`: the frequencies add up to `2^P`.
    pub precision: u32,
    /// `f[s]`
    pub frequency: [u32; 256],
    /// For each of the `2^P` states: "each belongs to a symbol".
    pub symbol_of: Vec<u8>,
    /// For each state its number `x` among the states of its symbol.
    pub number_of: Vec<u32>,
}

/// "`table_count` tables, packed one after another, `tables_len` bytes in all."
pub fn parse_tables(part: &[u8], count: u8) -> Result<Vec<Table>, String> {
    let mut at = 0;
    let mut tables = Vec::new();
    for number in 0..count {
        let table = parse_table(part, &mut at).map_err(|why| format!("table {number}: {why}"))?;
        tables.push(table);
    }
    require(at == part.len() as u64, || {
        format!("the tables end at {at}, tables_len is {}", part.len())
    })?;
    Ok(tables)
}

fn parse_table(part: &[u8], at: &mut u64) -> Result<Table, String> {
    let precision = byte(part, *at, "P")?;
    require((8..=12).contains(&precision), || format!("P = {precision} is not 8 to 12"))?;
    let bitmap = slice(part, *at + 1, 32, "bitmap")?;
    *at += 33;
    let mut frequency = [0; 256];
    let (mut symbols, mut sum) = (0, 0);
    for s in 0..256 {
        if bitmap[s / 8] >> (s % 8) & 1 == 1 {
            frequency[s] = parse_frequency(part, at).map_err(|why| format!("symbol {s}: {why}"))?;
            symbols += 1;
            sum += frequency[s];
        }
    }
    let precision = u32::from(precision);
    require(symbols >= 2, || format!("{symbols} symbols have a frequency, at least 2 must"))?;
    require(sum == 1 << precision, || format!("frequencies add up to {sum}, not 2^{precision}"))?;
    let symbol_of = spread(&frequency, precision);
    let number_of = numbers(&frequency, &symbol_of);
    Ok(Table { precision, frequency, symbol_of, number_of })
}

/// "Symbols are spread over them with the stride `d = 2^P/2 + 2^P/8 + 3`: going through the symbols
/// in ascending order, and through each one `f[s]` times, the `i`-th place, counted from 0, is
/// state `i·d mod 2^P`." As `d` is odd, every state is the place of one `i`.
fn spread(frequency: &[u32; 256], precision: u32) -> Vec<u8> {
    let states = 1_usize << precision;
    let d = states / 2 + states / 8 + 3;
    let places = (0..=255).flat_map(|s| repeat_n(s, frequency[usize::from(s)] as usize));
    let mut symbol_of = vec![0; states];
    for (i, s) in places.enumerate() {
        symbol_of[i * d % states] = s;
    }
    symbol_of
}

/// "The states of a symbol, in ascending order, are numbered `x = f[s]` to `2·f[s] − 1`."
fn numbers(frequency: &[u32; 256], symbol_of: &[u8]) -> Vec<u32> {
    let mut next = *frequency;
    let mut numbers = Vec::new();
    for &s in symbol_of {
        numbers.push(next[usize::from(s)]);
        next[usize::from(s)] += 1;
    }
    numbers
}

/// "1 or more: one byte where `f < 128`, otherwise, and only then, two: `128 + (f mod 128)`, then
/// `f / 128`".
fn parse_frequency(part: &[u8], at: &mut u64) -> Result<u32, String> {
    let first = u32::from(byte(part, *at, "frequency")?);
    *at += 1;
    if first < 128 {
        require(first >= 1, || "the frequency is 0".into())?;
        return Ok(first);
    }
    let second = u32::from(byte(part, *at, "second byte of the frequency")?);
    *at += 1;
    require(second >= 1, || "a frequency below 128 takes two bytes".into())?;
    Ok(first - 128 + second * 128)
}
