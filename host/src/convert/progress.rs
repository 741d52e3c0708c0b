//! The progress of a conversion.

use std::path::Path;

/// Receives the progress of a conversion; every method does nothing unless implemented. `()`
/// ignores everything.
pub trait Progress: Sync {
    /// There are `bytes` more of tensor data to do, counted uncompressed.
    fn expect(&self, bytes: u64) {
        let _ = bytes;
    }

    /// The tensor `name` of `file` is next.
    fn tensor(&self, file: &Path, name: &str) {
        let _ = (file, name);
    }

    /// Another `bytes` of tensor data are done.
    fn advance(&self, bytes: u64) {
        let _ = bytes;
    }
}

impl Progress for () {}
