//! FORMAT.md section 7.3: the index.

use super::bytes::{integer, require, zeros};
use super::header::BlobHeader;
use super::predictor::Predictor;
use std::ops::Range;

/// "One entry of 12 bytes a tile".
pub const ENTRY_BYTES: u64 = 12;

/// The index entry of one tile.
pub struct TileEntry {
    pub table: u8,
    pub predictor: Predictor,
    pub base: u8,
    /// "Tile `t` owns the words from its `words_start` to that of entry `t + 1`".
    pub words: Range<u64>,
    /// "and its exceptions likewise"
    pub exceptions: Range<u64>,
}

pub fn parse_index(part: &[u8], header: &BlobHeader, tiles: u64) -> Result<Vec<TileEntry>, String> {
    require(starts(part, 0)? == (0, 0), || "index: the first entry does not start at 0".into())?;
    let mut entries = Vec::new();
    for t in 0..tiles {
        let entry =
            parse_entry(part, header, t).map_err(|why| format!("index entry {t}: {why}"))?;
        entries.push(entry);
    }
    check_last(part, header, tiles).map_err(|why| format!("last index entry: {why}"))?;
    Ok(entries)
}

/// `words_start` and `exceptions_start` of entry `t`.
fn starts(part: &[u8], t: u64) -> Result<(u64, u64), String> {
    let at = t * ENTRY_BYTES;
    Ok((integer(part, at, 6, "words_start")?, integer(part, at + 8, 4, "exceptions_start")?))
}

fn parse_entry(part: &[u8], header: &BlobHeader, t: u64) -> Result<TileEntry, String> {
    let (words, exceptions) = starts(part, t)?;
    let (words_end, exceptions_end) = starts(part, t + 1)?;
    require(words <= words_end, || format!("words_start falls from {words} to {words_end}"))?;
    require(exceptions <= exceptions_end, || {
        format!("exceptions_start falls from {exceptions} to {exceptions_end}")
    })?;
    let bits = integer(part, t * ENTRY_BYTES + 6, 1, "table and predictor")? as u8;
    require(bits >> 7 == 0, || "bit 7 beside the predictor is set".into())?;
    let entry = TileEntry {
        table: bits & 0xF,
        predictor: Predictor::from_number(bits >> 4)?,
        base: integer(part, t * ENTRY_BYTES + 7, 1, "base")? as u8,
        words: words..words_end,
        exceptions: exceptions..exceptions_end,
    };
    check_entry(&entry, header)?;
    Ok(entry)
}

/// The rules that tie an entry to the blob's codec.
fn check_entry(entry: &TileEntry, header: &BlobHeader) -> Result<(), String> {
    let (codec, table, base) = (header.codec, entry.table, entry.base);
    if codec.has_symbols() {
        require(table < header.table_count, || format!("there is no table {table}"))?;
        let owned = entry.words.end - entry.words.start;
        // "With a codec that has symbols every tile owns at least 32 words."
        require(owned >= 32, || format!("{owned} words, fewer than 32"))?;
    } else {
        require(table == 0, || format!("table {table} with a codec that has none"))?;
    }
    if codec.has_ranks() {
        let least = codec.least_base();
        require(base >= least, || format!("base {base} is below {least}"))?;
    } else {
        require(base == 0, || format!("base {base} with a codec that has none"))?;
    }
    let unpredicted = entry.predictor == Predictor::None;
    require(unpredicted || codec.has_symbols(), || "a predictor, but no symbols".into())
}

/// "in the last entry equal `word_count` and `exception_count`; the other fields of the last
/// entry are 0".
fn check_last(part: &[u8], header: &BlobHeader, tiles: u64) -> Result<(), String> {
    let (words, exceptions) = starts(part, tiles)?;
    let word_count = header.word_count;
    require(words == word_count, || format!("words_start {words}, word_count {word_count}"))?;
    let count = header.exception_count;
    require(exceptions == count, || {
        format!("exceptions_start {exceptions}, exception_count {count}")
    })?;
    zeros(part, tiles * ENTRY_BYTES + 6, 2, "table, predictor and base")
}
