//! The progress of a load.

use std::ops::ControlFlow;

/// Called with the bytes of blobs that have been read and those of all, by any of the threads that
/// read. [`ControlFlow::Break`] ends the load with [`crate::Error::Cancelled`].
pub type LoadProgress<'a> = dyn Fn(u64, u64) -> ControlFlow<()> + Sync + 'a;

/// Continues.
pub fn no_progress(_read: u64, _all: u64) -> ControlFlow<()> {
    ControlFlow::Continue(())
}
