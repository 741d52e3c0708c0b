//! A warp of any lanes that a CPU has, at work on one tile.

use crate::memory::TileMemory;
use crate::prefetch::{WRITE_ROWS_AHEAD, prefetch_write};
use std::marker::PhantomData;
use wcodec_codec::decode::{TileParams, decode_any_tile};
use wcodec_codec::format::{LANE_WORDS, LANES, MAX_SPARE_WORDS, PlaneCodec, ROW_BYTES};
use wcodec_codec::warp::{Lanes, Warp};

/// Bytes of a word of each lane.
const WORD_BYTES: usize = 4 * LANES;

/// Lanes, and their ways to and from memory, in which a lane's words lie together.
pub trait CpuLanes: Lanes {
    /// The entries of a table with the lowest bits of these numbers; its length is a power of two.
    fn gather<const LEN: usize>(entries: &[u32; LEN], numbers: Self) -> Self;
    /// As [`Warp::shift_in`], `next` being the tile's next 32 words; and the number of them that
    /// were taken.
    fn shift_in(
        before: Self,
        read: Self,
        words: [Self; LANE_WORDS],
        next: &[u8; WORD_BYTES],
    ) -> ([Self; LANE_WORDS], usize);
    /// Returns whether every lane holds `value`.
    fn all_are(self, value: u32) -> bool;
    /// Loads 1 byte a lane.
    fn load_quarter(bytes: &[u8; WORD_BYTES / 4]) -> Self;
    /// Loads 2 bytes a lane.
    fn load_half(bytes: &[u8; WORD_BYTES / 2]) -> Self;
    /// Loads 4 bytes a lane.
    fn load_1(bytes: &[u8; WORD_BYTES]) -> Self;
    /// Loads 8 bytes a lane.
    fn load_2(bytes: &[u8; 2 * WORD_BYTES]) -> [Self; 2];
    /// Loads 16 bytes a lane.
    fn load_4(bytes: &[u8; 4 * WORD_BYTES]) -> [Self; 4];
    /// Stores 16 bytes a lane.
    fn store(words: [Self; 4], out: &mut [u8; ROW_BYTES]);
}

/// Decodes one tile with lanes `L`. Returns whether it is intact; its rows are all stored either
/// way.
#[cfg_attr(not(unoptimized), inline(always))]
pub fn decode<L: CpuLanes>(
    tile: TileMemory<'_, '_>,
    codec: PlaneCodec,
    params: &TileParams,
) -> bool {
    let mut warp = TileWarp::<L>::new(tile);
    let sound = decode_any_tile(&mut warp, codec, params);
    warp.finish(params.rows);
    sound
}

/// The warp.
///
/// Parts of a tile's memory that are shorter than a register are copied before the first row, and
/// the last row after it. Between them no function is called, as all registers would have to be
/// saved before.
struct TileWarp<'a, 'out, L> {
    tile: TileMemory<'a, 'out>,
    words_taken: usize,
    /// The tile's last 32 words, and 32 zeros.
    last_words: [[u8; 4]; 2 * LANES],
    /// The last row of the stored plane and of each raw one, where it is cut short, and zeros.
    last_rows: [[u8; ROW_BYTES]; 4],
    /// The last decoded row, where it is cut short.
    last_out: [u8; ROW_BYTES],
    lanes: PhantomData<L>,
}

/// Numbers of planes in `TileWarp::last_rows`.
const STORED: usize = 0;
const FIRST_RAW: usize = 1;

impl<'a, 'out, L: CpuLanes> TileWarp<'a, 'out, L> {
    #[cfg_attr(not(unoptimized), inline(always))]
    fn new(tile: TileMemory<'a, 'out>) -> Self {
        let mut last_words = [[0; 4]; 2 * LANES];
        let words = &tile.words[tile.words.len().saturating_sub(LANES)..];
        last_words[..words.len()].copy_from_slice(words);
        let [first, second, third] = tile.raw_planes;
        let last_rows = [tile.stored_plane, first, second, third].map(|plane| plane.last_row());
        Self {
            tile,
            words_taken: 0,
            last_words,
            last_rows,
            last_out: [0; ROW_BYTES],
            lanes: PhantomData,
        }
    }

    /// Stores as much of the last row as has room.
    #[cfg_attr(not(unoptimized), inline(always))]
    fn finish(self, rows: u32) {
        let start = (rows as usize).saturating_sub(1) * self.tile.row_bytes;
        let room = self.tile.out.get_mut(start..).unwrap_or(&mut []);
        if room.len() < ROW_BYTES {
            room.copy_from_slice(&self.last_out[..room.len()]);
        }
    }

    /// The next 32 words, zeros after the tile's last.
    #[cfg_attr(not(unoptimized), inline(always))]
    fn next_words(&self) -> &[u8; WORD_BYTES] {
        let words = self.tile.words.get(self.words_taken..).and_then(<[_]>::first_chunk::<LANES>);
        let words = words.unwrap_or_else(|| {
            let first = self.tile.words.len().saturating_sub(LANES);
            let at = self.words_taken.saturating_sub(first).min(LANES);
            self.last_words[at..].first_chunk().expect("at most half of them are left out")
        });
        words.as_flattened().try_into().expect("a word has four bytes")
    }

    /// Row `row` of a plane, with `LEN` bytes a full row.
    #[cfg_attr(not(unoptimized), inline(always))]
    fn row<const LEN: usize>(&self, plane: usize, row: u32) -> &[u8; LEN] {
        let bytes = match plane {
            STORED => self.tile.stored_plane.bytes,
            raw => self.tile.raw_planes[raw - FIRST_RAW].bytes,
        };
        let whole = bytes.get(row as usize * LEN..).and_then(<[_]>::first_chunk);
        let last = self.last_rows[plane].first_chunk();
        whole.or(last).expect("no row is longer than one of all bytes")
    }

    /// A row of a stored plane with `4·N` bytes a lane.
    #[cfg_attr(not(unoptimized), inline(always))]
    fn load<const N: usize>(&self, plane: usize, row: u32) -> [L; N] {
        let mut words = [L::splat(0); N];
        if N == 4 {
            words.copy_from_slice(&L::load_4(self.row(plane, row)));
        } else if N == 2 {
            words.copy_from_slice(&L::load_2(self.row(plane, row)));
        } else {
            words[0] = L::load_1(self.row(plane, row));
        }
        words
    }
}

impl<L: CpuLanes> Warp for TileWarp<'_, '_, L> {
    type Lanes = L;

    #[cfg_attr(not(unoptimized), inline(always))]
    fn first_entry(&self) -> L {
        L::splat(self.tile.table.first_entry())
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn look_up(&self, entries: L, bits: L) -> L {
        L::gather(&self.tile.table.entries, L::funnel_shl(entries.shr(16), bits, entries))
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn prob_bits(&self) -> u32 {
        self.tile.table.prob_bits()
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn look_up_slot(&self, states: L) -> L {
        L::gather(&self.tile.table.entries, states)
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn first_words(&mut self) -> [L; LANE_WORDS] {
        let mut words = [L::splat(0); LANE_WORDS];
        for register in &mut words {
            *register = L::load_1(self.next_words());
            self.words_taken += LANES;
        }
        words
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn begin_row(&mut self, _: u32) {}

    #[cfg_attr(not(unoptimized), inline(always))]
    fn shift_in(&mut self, before: L, read: L, words: [L; LANE_WORDS]) -> [L; LANE_WORDS] {
        let (words, taken) = L::shift_in(before, read, words, self.next_words());
        self.words_taken += taken;
        words
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn took_all_words(&self) -> bool {
        self.words_taken.wrapping_sub(self.tile.words.len()) <= MAX_SPARE_WORDS
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn all_lanes_are(&self, lanes: L, value: u32) -> bool {
        lanes.all_are(value)
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn load_stored<const N: usize>(&self, row: u32) -> [L; N] {
        self.load(STORED, row)
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn load_stored_half(&self, row: u32) -> L {
        L::load_half(self.row(STORED, row))
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn load_stored_quarter(&self, row: u32) -> L {
        L::load_quarter(self.row(STORED, row))
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn load_raw<const N: usize>(&self, plane: usize, row: u32) -> [L; N] {
        match self.tile.plane_constants[plane] {
            Some(byte) => [L::splat(u32::from_ne_bytes([byte; 4])); N],
            None => self.load(FIRST_RAW + plane, row),
        }
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn exception(&self, index: u32) -> u32 {
        self.tile.exception(index)
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn store_row(&mut self, row: u32, words: [L; 4]) {
        let ahead = self.tile.out.get((row as usize + WRITE_ROWS_AHEAD) * self.tile.row_bytes..);
        if let Some(ahead) = ahead.and_then(<[_]>::first_chunk::<ROW_BYTES>) {
            prefetch_write(ahead);
        }
        let rest = self.tile.out.get_mut(row as usize * self.tile.row_bytes..);
        let whole = rest.and_then(<[_]>::first_chunk_mut);
        L::store(words, whole.unwrap_or(&mut self.last_out));
    }
}
