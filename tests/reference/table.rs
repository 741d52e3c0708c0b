//! FORMAT.md section 7.2: the frequency tables.

use super::bytes::{byte, require, slice};
use std::iter::repeat_n;

pub struct Table {
    /// `P`: the frequencies add up to `2^P`.
    pub precision: u32,
    /// `f[s]`
    pub frequency: [u32; 256],
    /// `c[s]`, "the sum of the frequencies below `s`"
    pub cumulative: [u32; 256],
    /// For each slot "the symbol with c[s] ≤ slot < c[s] + f[s]".
    pub symbol_of: Vec<u8>,
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
    let (mut frequency, mut cumulative) = ([0; 256], [0; 256]);
    let (mut symbols, mut sum) = (0, 0);
    for s in 0..256 {
        cumulative[s] = sum;
        if bitmap[s / 8] >> (s % 8) & 1 == 1 {
            frequency[s] = parse_frequency(part, at).map_err(|why| format!("symbol {s}: {why}"))?;
            symbols += 1;
            sum += frequency[s];
        }
    }
    let precision = u32::from(precision);
    require(symbols >= 2, || format!("{symbols} symbols have a frequency, at least 2 must"))?;
    require(sum == 1 << precision, || format!("frequencies add up to {sum}, not 2^{precision}"))?;
    Ok(Table { precision, frequency, cumulative, symbol_of: slots(&frequency) })
}

/// Each symbol once for each of its slots. As `c` adds up the `f` in symbol order, the slots of
/// the symbols follow one another.
fn slots(frequency: &[u32; 256]) -> Vec<u8> {
    (0..=255).flat_map(|s| repeat_n(s, frequency[usize::from(s)] as usize)).collect()
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
