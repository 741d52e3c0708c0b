//! Several tensors decoded at once.

use crate::opened::{Job, Opened};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use wcodec::{Decoder, Error, Result};

/// Threads that load. Decoding itself takes all cores; a second thread reads and compares checksums meanwhile, which one
/// core does.
const LOADERS: usize = 2;

/// Decodes every job to its memory, the largest first: beside it there is room for many small ones. Ends early where
/// one fails, or `cancelled` is set.
pub fn decode_all(
    opened: &Opened,
    decoder: &Decoder,
    mut jobs: Vec<Job>,
    cancelled: &AtomicBool,
) -> Result<()> {
    if let [only] = &jobs[..] {
        return opened.decode(only, decoder);
    }
    jobs.sort_by_key(|job| std::cmp::Reverse(job.out.len()));
    let next = AtomicUsize::new(0);
    let load = || -> Result<()> {
        while let Some(job) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
            if cancelled.load(Ordering::Relaxed) {
                return Err(Error::Cancelled);
            }
            // The others need not go on after an error.
            opened
                .decode(job, decoder)
                .inspect_err(|_| next.store(jobs.len(), Ordering::Relaxed))?;
        }
        Ok(())
    };
    thread::scope(|scope| {
        let others: Vec<_> = (1..LOADERS)
            .filter_map(|_| thread::Builder::new().spawn_scoped(scope, load).ok())
            .collect();
        let mut results = vec![load()];
        for other in others {
            results.push(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        results.into_iter().collect()
    })
}
