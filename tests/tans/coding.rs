//! The library's words are those that FORMAT.md asks for, and library and reference decode them to
//! the same symbols.

use crate::case::cases;
use crate::runner;
use std::slice;
use support::assembler::{LANES, Plan, RANS8, TANS_NIB, TANS8, Table, assemble_with};
use support::check_blob;
use wcodec::CpuBackend;
use wcodec::programs::format;
use wcodec_codec::encode::most_words;
use wcodec_codec::entropy::{rans::RansSteps, tans::EncodingTable};
use wcodec_cpu::{Rows, TileSymbols, TileTable};

/// The symbols of a tile, step by step, and how they are coded.
pub struct Tile {
    pub table: Table,
    pub symbols: Vec<[u8; LANES]>,
    /// Steps a row.
    pub steps: usize,
}

impl Tile {
    /// A split and a codec with so many steps a row; `bytes` is the one of single bytes.
    fn plan(&self, bytes: u8) -> Plan {
        let (split, codec) = match self.steps {
            16 => (0, bytes),
            8 => (3, bytes),
            4 => (5, bytes),
            _ => (5, TANS_NIB),
        };
        let flat = Plan::flat(split, codec);
        let constant_planes = (1 << (flat.element_size() - 1)) - 1;
        Plan { tile_rows: 256, constant_planes, ..flat }
    }

    /// The tensor whose symbols these are: its coded bytes have the element's highest place, and
    /// all others are 0.
    fn original(&self, plan: &Plan) -> Vec<u8> {
        let size = plan.element_size();
        let mut original = Vec::new();
        for row in self.symbols.chunks(self.steps) {
            for lane in 0..LANES {
                let symbols: Vec<u8> = row.iter().map(|step| step[lane]).collect();
                let coded =
                    if plan.codec == TANS_NIB { from_high_nibbles(&symbols) } else { symbols };
                for byte in coded {
                    original.resize(original.len() + size - 1, 0);
                    original.push(byte);
                }
            }
        }
        original
    }

    /// The words that the library makes on this warp, of rows that lie so many bytes apart.
    fn words_of(&self, warp: CpuBackend, gap: usize, codec: u8) -> Vec<u8> {
        let frequencies = self.table.frequency.map(|f| f as u16);
        let table = format::Table::new(self.table.precision as u8, frequencies).unwrap();
        let (symbols, row) = (self.lane_by_lane(gap), self.steps * LANES);
        let (tans, rans) = (EncodingTable::new(&table), RansSteps::new(&table));
        let table = if codec == RANS8 { TileTable::Rans(&rans) } else { TileTable::Tans(&tans) };
        let rows = Rows::new(&symbols, row, row + gap);
        let tile = TileSymbols { rows, steps: self.steps };
        // Whatever was there before means nothing.
        let mut words = vec![u32::MAX; most_words(tile.rows.count(), self.steps)];
        let count = warp.encode_tile(table, tile, &mut words);
        words[words.len() - count..].iter().flat_map(|word| word.to_le_bytes()).collect()
    }

    /// The symbols row by row, in a row lane by lane, and something else between two rows.
    fn lane_by_lane(&self, gap: usize) -> Vec<u8> {
        let of_a_row = |row: &[[u8; LANES]]| -> Vec<u8> {
            (0..LANES).flat_map(|lane| row.iter().map(move |step| step[lane])).collect()
        };
        let rows: Vec<Vec<u8>> = self.symbols.chunks(self.steps).map(of_a_row).collect();
        rows.join(&vec![0xA5; gap][..])
    }

    /// Checks both coders on the tile, and gives its words of tANS. Of two steps a row there is no
    /// codec of single bytes.
    pub fn check(&self) -> Vec<u8> {
        if self.steps > 2 {
            self.check_codec(RANS8);
        }
        self.check_codec(TANS8)
    }

    /// Checks all warps on the tile with the coder of this codec, and gives its words.
    fn check_codec(&self, bytes: u8) -> Vec<u8> {
        let plan = self.plan(bytes);
        let original = self.original(&plan);
        let blob = assemble_with(slice::from_ref(&self.table), &original, &plan);
        for warp in CpuBackend::all() {
            let words = self.words_of(warp, 0, plan.codec);
            assert!(words == self.words_of(warp, 7, plan.codec), "{}: rows apart", warp.name());
            let first = words.iter().zip(&blob.words).position(|(own, by_hand)| own != by_hand);
            let (lengths, warp) = ((words.len(), blob.words.len()), warp.name());
            assert!(words == blob.words, "{warp}: first other byte {first:?}, lengths {lengths:?}");
        }
        check_blob(&blob.bytes(), &original);
        blob.words
    }
}

/// Two symbols of TansNib with four elements a lane put elements 0 and 2 together, and 1 and 3.
fn from_high_nibbles(symbols: &[u8]) -> Vec<u8> {
    let [first, second] = [symbols[0], symbols[1]];
    vec![first & 0xF0 | 1, second & 0xF0 | 2, first << 4 | 3, second << 4 | 4]
}

#[test]
fn any_table_and_any_symbols() {
    let result = runner(400).run(&cases(), |case| {
        case.tile().check();
        Ok(())
    });
    result.unwrap();
}

/// Frequency 1 under `P` of 12: every reading of every lane has the most bits, in the lowest tile
/// and in the highest.
#[test]
fn the_longest_lanes() {
    let mut frequency = [1; 256];
    frequency[0] = 4096 - 255;
    for (rows, steps) in [(1, 2), (256, 16)] {
        let table = Table { precision: 12, frequency };
        let symbol = |step: usize, lane: usize| (1 + (step * 7 + lane) % 255) as u8;
        let step = |step: usize| std::array::from_fn(|lane| symbol(step, lane));
        let symbols: Vec<[u8; LANES]> = (0..rows * steps).map(step).collect();
        let words = Tile { table, symbols, steps }.check();
        // A reading for each symbol, after a one.
        let of_a_lane = (12 * rows * steps + 1).div_ceil(32);
        assert_eq!(words.len() / 4, of_a_lane * LANES);
    }
}

/// A symbol of frequency `2^P − 1` is worth less than a thousandth of a bit; with it alone the
/// tile's lanes come to little more than their initial state.
#[test]
fn the_shortest_lanes() {
    let mut frequency = [0; 256];
    (frequency[7], frequency[8]) = (4095, 1);
    let table = Table { precision: 12, frequency };
    let tile = Tile { table, symbols: vec![[7; LANES]; 4096], steps: 16 };
    let bits = 12 + 4096_usize / 1000 + 1;
    assert!(tile.check().len() / 4 <= bits.div_ceil(32) * LANES);
}

/// Even lanes have 12 bits for their initial state and none for any symbol, so that before reading
/// 2 they are through; they take a word then as all do that come to the end of one. Odd lanes have
/// 12 bits a reading: 1536 and a one, which are 49 words.
#[test]
fn lanes_that_are_through_before_others() {
    let mut frequency = [0; 256];
    (frequency[0], frequency[1]) = (4095, 1);
    let table = Table { precision: 12, frequency };
    let step = std::array::from_fn(|lane| (lane % 2) as u8);
    let words = Tile { table, symbols: vec![step; 128], steps: 16 }.check();
    let (first_three, even, odd) = (3 * LANES, LANES / 2, (49 - 3) * LANES / 2);
    assert_eq!(words.len() / 4, first_three + even + odd);
}
