//! How a conversion tells how far it is.

use std::path::Path;

/// Told what a conversion is doing; every method does nothing unless implemented. `()` ignores it all.
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
