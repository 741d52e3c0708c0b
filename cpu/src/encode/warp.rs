//! A warp of any lanes that a CPU has, encoding one tile.

use super::{CpuEncodeLanes, TileSymbols};
use crate::prefetch::{READ_ROWS_AHEAD, prefetch_read};
use std::marker::PhantomData;
use wcodec_codec::encode::{EncodeWarp, encode_tile};
use wcodec_codec::entropy::tans::EncodingTable;
use wcodec_codec::format::LANES;

/// Encodes a tile with lanes `L`: writes its words to the end of `words`, which has room, and
/// returns their number.
#[cfg_attr(not(unoptimized), inline(always))]
pub fn encode_with<L: CpuEncodeLanes>(
    table: &EncodingTable,
    tile: TileSymbols<'_>,
    words: &mut [u32],
) -> usize {
    let front = words.len();
    let mut warp = EncodingWarp::<L> { table, tile, words, front, lanes: PhantomData };
    encode_tile(&mut warp, tile.rows.count(), tile.steps);
    warp.words.len() - warp.front
}

/// The warp.
struct EncodingWarp<'a, L> {
    table: &'a EncodingTable,
    tile: TileSymbols<'a>,
    /// The words, which end with the slice; the room before them holds [`LANES`] words more than a
    /// tile has.
    words: &'a mut [u32],
    /// The index of the first word.
    front: usize,
    lanes: PhantomData<L>,
}

impl<L: CpuEncodeLanes> EncodeWarp for EncodingWarp<'_, L> {
    type Lanes = L;

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

    #[cfg_attr(not(unoptimized), inline(always))]
    fn load_symbols<const K: usize, const N: usize>(&self, row: usize) -> [L; N] {
        let rows = self.tile.rows;
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

#[cfg_attr(not(unoptimized), inline(always))]
fn whole<const LEN: usize>(bytes: &[u8]) -> &[u8; LEN] {
    bytes.try_into().expect("a row has the bytes that its lanes have")
}
