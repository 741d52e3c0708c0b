//! A list of values for each tile.

use crate::Result;
use crate::memory::append;

/// The values of tiles, one tile's after another's.
#[derive(Default)]
pub struct PerTile<T> {
    pub values: Vec<T>,
    ends: Vec<usize>,
}

impl<T: Copy> PerTile<T> {
    pub fn clear(&mut self) {
        self.values.clear();
        self.ends.clear();
    }

    /// Ends a tile: the values added since the last call are its own.
    pub fn end_tile(&mut self) {
        self.ends.push(self.values.len());
    }

    /// Adds the tiles of another.
    pub fn append(&mut self, tiles: &Self, what: &'static str) -> Result<()> {
        self.ends.extend(tiles.ends.iter().map(|end| self.values.len() + end));
        append(&mut self.values, &tiles.values, what)
    }

    /// A tile's values.
    pub fn of(&self, tile: usize) -> &[T] {
        &self.values[self.start(tile)..self.ends[tile]]
    }

    /// The start of a tile's values.
    pub fn start(&self, tile: usize) -> usize {
        tile.checked_sub(1).map_or(0, |before| self.ends[before])
    }
}
