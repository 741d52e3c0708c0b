//! Options of a loader.

use std::thread;

/// Options of a [`super::GpuLoader`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct LoadOptions {
    /// Threads that read. One reads about 7 GB/s from the page cache, and a bus takes several times
    /// that.
    pub readers: usize,
    /// Bytes that are read at a time.
    pub piece_bytes: usize,
    /// Pieces of pinned memory for each reader: one is read while the others are copied.
    pub pieces: usize,
    /// Compressed bytes that are decoded together, at least.
    pub group_bytes: u64,
    /// Groups on the device at a time.
    pub slots: usize,
    /// True if the first load of rows of a tensor reads its whole blob, to compare the checksum;
    /// later ones, and all of them otherwise, read the tiles that hold the rows.
    pub check_rows: bool,
}

impl LoadOptions {
    /// The default.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets [`LoadOptions::readers`].
    pub fn readers(mut self, readers: usize) -> Self {
        self.readers = readers;
        self
    }

    /// Sets [`LoadOptions::piece_bytes`].
    pub fn piece_bytes(mut self, piece_bytes: usize) -> Self {
        self.piece_bytes = piece_bytes;
        self
    }

    /// Sets [`LoadOptions::pieces`].
    pub fn pieces(mut self, pieces: usize) -> Self {
        self.pieces = pieces;
        self
    }

    /// Sets [`LoadOptions::group_bytes`].
    pub fn group_bytes(mut self, group_bytes: u64) -> Self {
        self.group_bytes = group_bytes;
        self
    }

    /// Sets [`LoadOptions::slots`].
    pub fn slots(mut self, slots: usize) -> Self {
        self.slots = slots;
        self
    }

    /// Sets [`LoadOptions::check_rows`].
    pub fn check_rows(mut self, check_rows: bool) -> Self {
        self.check_rows = check_rows;
        self
    }
}

impl Default for LoadOptions {
    /// A reader for each CPU, at most 16, and 16 times 12 MiB of pinned memory; rows are checked.
    fn default() -> Self {
        let cpus = thread::available_parallelism().map_or(1, usize::from);
        Self {
            readers: cpus.min(16),
            piece_bytes: 4 << 20,
            pieces: 3,
            group_bytes: 64 << 20,
            slots: 4,
            check_rows: true,
        }
    }
}
