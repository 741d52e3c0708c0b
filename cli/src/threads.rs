//! The threads that work.

use anyhow::Context;
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::thread;

/// A pool of `wanted` threads, 0 for one a core, or of as many as the system lets it start: in the
/// end of none but the one that is there.
pub fn pool(wanted: usize) -> anyhow::Result<ThreadPool> {
    let mut threads = wanted;
    loop {
        match ThreadPoolBuilder::new().num_threads(threads).build() {
            Ok(pool) => return Ok(pool),
            Err(error) if threads == 1 => {
                tracing::warn!("cannot start a single thread more, and works without: {error}");
                break;
            }
            Err(error) => {
                let tried = if threads == 0 { one_a_core() } else { threads };
                threads = (tried / 2).max(1);
                tracing::warn!("cannot start {tried} threads, and tries {threads}: {error}");
            }
        }
    }
    let here = ThreadPoolBuilder::new().num_threads(1).use_current_thread();
    here.build().context("cannot work without another thread")
}

fn one_a_core() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}
