//! A warp of any lanes that a CPU has, encoding one tile.

use super::{CpuEncodeLanes, TileSymbols, TileTable};
use crate::prefetch::{READ_ROWS_AHEAD, prefetch_read};
use std::marker::PhantomData;
use wcodec_codec::encode::{
    EncodeWarp, RansEncodeWarp, TansEncodeWarp, encode_rans_tile, encode_tile,
};
use wcodec_codec::entropy::rans::RansSteps;
use wcodec_codec::entropy::tans::EncodingTable;
use wcodec_codec::format::LANES;

/// Encodes a tile with lanes `L`: writes its words to the end of `words`, which has room, and
/// returns their number.
#[cfg_attr(not(unoptimized), inline(always))]
pub fn encode_with<L: CpuEncodeLanes>(
    table: TileTable<'_>,
    tile: TileSymbols<'_>,
    words: &mut [u32],
) -> usize {
    let (rows, steps) = (tile.rows.count(), tile.steps);
    match table {
        TileTable::Tans(table) => {
            let mut warp = EncodingWarp::<_, L>::new(table, tile, words);
            encode_tile(&mut warp, rows, steps);
            warp.word_count()
        }
        TileTable::Rans(table) => {
            let mut warp = EncodingWarp::<_, L>::new(table, tile, words);
            encode_rans_tile(&mut warp, rows, steps);
            warp.word_count()
        }
    }
}

/// The warp.
struct EncodingWarp<'a, T, L> {
    table: &'a T,
    tile: TileSymbols<'a>,
    /// The words, which end with the slice; the room before them holds [`LANES`] words more than a
    /// tile has.
    words: &'a mut [u32],
    /// The index of the first word.
    front: usize,
    lanes: PhantomData<L>,
}

impl<'a, T, L> EncodingWarp<'a, T, L> {
    #[cfg_attr(not(unoptimized), inline(always))]
    fn new(table: &'a T, tile: TileSymbols<'a>, words: &'a mut [u32]) -> Self {
        let front = words.len();
        Self { table, tile, words, front, lanes: PhantomData }
    }

    /// The number of words that were stored.
    #[cfg_attr(not(unoptimized), inline(always))]
    fn word_count(&self) -> usize {
        self.words.len() - self.front
    }
}

impl<T, L: CpuEncodeLanes> EncodeWarp for EncodingWarp<'_, T, L> {
    type Lanes = L;

    #[cfg_attr(not(unoptimized), inline(always))]
    fn load_symbols<const K: usize, const N: usize>(&mut self, row: u32, _: bool) -> [L; N] {
        let (rows, row) = (self.tile.rows, row as usize);
        // Rows are read backwards, which the CPU does not foresee as well.
        prefetch_read(rows.row(row.saturating_sub(READ_ROWS_AHEAD)));
        let bytes = &rows.row(row)[..K * LANES];
        let mut words = [L::splat(0); N];
        match K {
            2 => words[0] = L::load_half(whole(bytes)),
            4 => words[0] = L::load_1(whole(bytes)),
            8 => words.copy_from_slice(&L::load_2(whole(bytes))),
            _ => words.copy_from_slice(&L::load_4(whole(bytes))),
        }
        words
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn store_before(&mut self, words: L, lanes: u32) {
        let place = self.words[..self.front].last_chunk_mut::<LANES>();
        self.front -= words.store_before(lanes, place.expect("there is room for more words"));
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn is_empty(&self) -> bool {
        self.front == self.words.len()
    }
}

impl<L: CpuEncodeLanes> TansEncodeWarp for EncodingWarp<'_, EncodingTable, L> {
    #[cfg_attr(not(unoptimized), inline(always))]
    fn prob_bits(&self) -> u32 {
        self.table.prob_bits
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn look_up_steps(&self, symbols: L) -> [L; 4] {
        L::look_up_steps(&self.table.steps, symbols)
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn look_up_states(&self, places: L) -> L {
        L::gather(&self.table.states, places)
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn lowest_states(&self, symbols: L) -> L {
        let mut states: [u32; LANES] = symbols.into();
        for state in &mut states {
            *state = self.table.lowest_state(*state as u8);
        }
        states.into()
    }
}

impl<L: CpuEncodeLanes> RansEncodeWarp for EncodingWarp<'_, RansSteps, L> {
    /// Lane by lane: the quotients take products of 64 bits.
    #[cfg_attr(not(unoptimized), inline(always))]
    fn step_back(&self, states: L, symbols: L) -> (L, L) {
        let (mut states, mut shed): ([u32; LANES], [u32; LANES]) = (states.into(), symbols.into());
        for (state, shed) in states.iter_mut().zip(&mut shed) {
            (*shed, *state) = self.table.encode(*shed as u8, *state);
        }
        (shed.into(), states.into())
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn lowest_states(&self, symbols: L) -> L {
        let mut states: [u32; LANES] = symbols.into();
        for state in &mut states {
            *state = self.table.lowest_state(*state as u8);
        }
        states.into()
    }
}

#[cfg_attr(not(unoptimized), inline(always))]
fn whole<const LEN: usize>(bytes: &[u8]) -> &[u8; LEN] {
    bytes.try_into().expect("a row has the bytes that its lanes have")
}
