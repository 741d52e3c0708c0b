//! Batches of tiles, each for one thread.

use std::ops::Range;

/// The most tiles of a batch.
const MOST_BATCH_TILES: usize = 16;
/// Batches that keep all threads busy to the end, where there are tiles enough.
const ENOUGH_BATCHES: usize = 64;

/// Batches of tiles, each for one thread.
#[derive(Clone, Copy)]
pub struct Batches {
    tiles: usize,
    batch: usize,
}

impl Batches {
    pub fn of(tiles: usize) -> Self {
        Self { tiles, batch: (tiles / ENOUGH_BATCHES).clamp(1, MOST_BATCH_TILES) }
    }

    pub fn count(self) -> usize {
        self.tiles.div_ceil(self.batch)
    }

    /// The tiles of a batch.
    pub fn tiles(self, number: usize) -> Range<usize> {
        let first = number * self.batch;
        first..(first + self.batch).min(self.tiles)
    }
}
