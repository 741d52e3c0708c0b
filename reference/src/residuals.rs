//! FORMAT.md sections 5 and 7.5: from symbols, stored bytes and exceptions to the residuals of a
//! tile.

use super::blob::Blob;
use super::bytes::{integer, require, slice};
use super::codec::{Codec, pair};
use super::geometry::{LANES, Tile};
use super::index::TileEntry;
use super::{rans, tans};

/// The residuals of a tile, rows of `32·n`.
pub fn residuals(blob: &Blob, tile: &Tile, entry: &TileEntry) -> Result<Vec<u8>, String> {
    let n = blob.header.split.lane_elements();
    let symbols = tile_symbols(blob, tile, entry)?;
    let mut residuals = Vec::new();
    for i in 0..tile.rows {
        for lane in 0..LANES {
            let row_lane = RowLane { blob, tile, base: entry.base, symbols: &symbols, i, lane };
            residuals.extend_from_slice(&row_lane.residuals()?[..n]);
        }
    }
    apply_exceptions(blob, entry, &mut residuals)?;
    Ok(residuals)
}

fn tile_symbols(blob: &Blob, tile: &Tile, entry: &TileEntry) -> Result<Vec<[u8; LANES]>, String> {
    let header = &blob.header;
    if !header.codec.has_symbols() {
        return Ok(Vec::new());
    }
    let owned = entry.words.end - entry.words.start;
    let start = entry.words.start.checked_mul(4).ok_or("words_start overflows")?;
    let length = owned.checked_mul(4).ok_or("the length of the words overflows")?;
    let words = slice(blob.parts.words, start, length, "words")?;
    let table = blob.tables.get(usize::from(entry.table)).ok_or("the table is missing")?;
    let steps = header.codec.steps(header.split.lane_elements());
    let symbols = if header.codec.has_rans() { rans::symbols } else { tans::symbols };
    symbols(words, table, tile.rows, steps)
}

/// One lane in one row of a tile.
struct RowLane<'a> {
    blob: &'a Blob<'a>,
    tile: &'a Tile,
    base: u8,
    /// The symbols of the tile's steps, none where the codec has no symbols.
    symbols: &'a [[u8; LANES]],
    i: usize,
    lane: usize,
}

impl RowLane<'_> {
    /// `r[0]` to `r[n−1]`, one by one or in the pairs `a` and `c`.
    fn residuals(&self) -> Result<[u8; 16], String> {
        let n = self.blob.header.split.lane_elements();
        let mut r = [0; 16];
        if self.blob.header.codec.is_single() {
            for (k, r) in r.iter_mut().enumerate().take(n) {
                *r = self.single(k)?;
            }
        } else {
            for k in 0..n / 2 {
                let (a, c) = pair(k, n);
                (r[a], r[c]) = self.pair(k)?;
            }
        }
        Ok(r)
    }

    /// `r[k]` by the codecs that put no elements together.
    fn single(&self, k: usize) -> Result<u8, String> {
        match self.blob.header.codec {
            Codec::Raw => self.stored(k),
            Codec::Tans8 | Codec::Rans8 => self.symbol(k),
            _ => Ok(self.blob.header.coded_constant),
        }
    }

    /// `r[a]` and `r[c]` of step `k` by the pair codecs, `a` being in the high nibble of everything
    /// except of TansNib's stored byte.
    fn pair(&self, k: usize) -> Result<(u8, u8), String> {
        let ranks = match self.blob.header.codec {
            Codec::TansNib => {
                let (high, low) = (self.symbol(k)?, self.stored(k)?);
                return Ok((high & 0xF0 | low & 0xF, high << 4 | low >> 4));
            }
            Codec::TansCrumb => return self.pair_with_crumbs(k),
            _ => self.symbol(k)?,
        };
        // "`r = base − rank`"; the index was checked for a base of 15 or more.
        Ok((self.base.saturating_sub(ranks >> 4), self.base.saturating_sub(ranks & 0xF)))
    }

    /// "`r = (base − 4·rank − crumb) mod 256`"; "byte `k` is `q[k]` + 16 · `q[k + n/4]`", `q[k]`
    /// being "crumb of `r[a]` + 4 · crumb of `r[c]`" of step `k`.
    fn pair_with_crumbs(&self, k: usize) -> Result<(u8, u8), String> {
        let bytes = self.blob.header.split.lane_elements() / 4;
        let (ranks, stored) = (self.symbol(k)?, self.stored(k % bytes)?);
        let q = stored >> (4 * (k / bytes)) & 0xF;
        let residual = |rank: u8, crumb: u8| self.base.wrapping_sub(4 * rank + crumb);
        Ok((residual(ranks >> 4, q % 4), residual(ranks & 0xF, q / 4)))
    }

    /// The symbol of step `k` of this row.
    fn symbol(&self, k: usize) -> Result<u8, String> {
        let header = &self.blob.header;
        let step = self.i * header.codec.steps(header.split.lane_elements()) + k;
        let step = self.symbols.get(step).ok_or("a symbol is missing")?;
        Ok(step[self.lane])
    }

    /// Byte `k` of the stored plane of this lane and row.
    fn stored(&self, k: usize) -> Result<u8, String> {
        let geometry = &self.blob.header.geometry;
        self.blob.coded.byte(geometry, self.tile, (self.i, self.lane), k)
    }
}

/// Section 7.5: "bits 0…23 the position, row · 32·n + column, in coded bytes from the start of the
/// tile, bits 24…31 the residual. Within a tile positions ascend strictly and lie inside the tile".
fn apply_exceptions(blob: &Blob, entry: &TileEntry, tile: &mut [u8]) -> Result<(), String> {
    let mut lowest = 0;
    for number in entry.exceptions.clone() {
        let exception = integer(blob.parts.exceptions, number * 4, 4, "exception")?;
        let position = (exception & 0xFF_FFFF) as usize;
        require(position >= lowest, || {
            format!("exception {number} at {position} does not ascend")
        })?;
        let residual = tile.get_mut(position);
        *residual.ok_or_else(|| format!("exception {number} at {position} is outside"))? =
            (exception >> 24) as u8;
        lowest = position + 1;
    }
    Ok(())
}
