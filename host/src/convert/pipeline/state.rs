//! The state of the tensors in the pipeline.

use crate::{Error, Result};
use std::collections::BTreeMap;

/// The limits of the work in progress.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Memory that a tensor takes while it is prepared, in units of its length.
    pub preparing: u64,
    /// Memory that it takes from then on.
    pub prepared: u64,
    /// Bytes of memory for all of them, beyond three times the longest.
    pub shared: u64,
    /// Tensors in progress. A thread that would wait for a part of one starts another, so stacks
    /// grow with this number.
    pub jobs: usize,
}

impl Limits {
    /// The limits for tensors that take so much memory.
    pub const fn new(preparing: u64, prepared: u64) -> Self {
        Self { preparing, prepared, shared: 64 << 20, jobs: 8 }
    }
}

/// The progress of all tensors.
pub struct State<'a, P, Write> {
    lengths: &'a [u64],
    limits: Limits,
    /// Tensors that were started.
    begun: usize,
    /// Unfinished tensors: their length, and their memory in units of it.
    under_way: BTreeMap<usize, (u64, u64)>,
    /// Prepared tensors that wait to be written.
    prepared: BTreeMap<usize, P>,
    /// Tensors that have been written.
    written: usize,
    /// The writer; `None` while it is in use.
    write: Option<Write>,
    /// The first tensor with an error.
    failed: Option<(usize, Error)>,
}

impl<'a, P, Write> State<'a, P, Write> {
    pub fn new(lengths: &'a [u64], limits: Limits, write: Write) -> Self {
        Self {
            lengths,
            limits,
            begun: 0,
            under_way: BTreeMap::new(),
            prepared: BTreeMap::new(),
            written: 0,
            write: Some(write),
            failed: None,
        }
    }

    /// Starts the next tensor, if one is left and the limits allow it.
    pub fn begin(&mut self) -> Option<usize> {
        let &length = self.lengths.get(self.begun)?;
        if self.failed.is_some() || !self.fits(length) {
            return None;
        }
        let index = self.begun;
        self.under_way.insert(index, (length, self.limits.preparing));
        self.begun += 1;
        Some(index)
    }

    /// Returns whether the limits allow another tensor; a single one is always allowed.
    fn fits(&self, length: u64) -> bool {
        let tensors = || self.under_way.values().copied().chain([(length, self.limits.preparing)]);
        // Saturating, as lengths that are only claimed may be anything.
        let memory = |sum: u64, (length, factor): (u64, u64)| {
            sum.saturating_add(length.saturating_mul(factor))
        };
        let longest = tensors().map(|(length, _)| length).max().unwrap_or(0);
        let most = longest.saturating_mul(3).saturating_add(self.limits.shared);
        self.under_way.is_empty()
            || self.under_way.len() < self.limits.jobs && tensors().fold(0, memory) < most
    }

    /// Keeps a prepared tensor until it is written.
    pub fn prepared(&mut self, index: usize, prepared: Result<P>) {
        match prepared {
            Err(error) => self.fail(index, error),
            Ok(prepared) => {
                self.prepared.insert(index, prepared);
                let factor = self.limits.prepared;
                self.under_way.entry(index).and_modify(|(_, memory)| *memory = factor);
            }
        }
    }

    /// Takes the next tensor to write, and the writer.
    pub fn turn(&mut self) -> Option<(usize, P, Write)> {
        let index = self.written;
        if self.write.is_none() || self.failed.as_ref().is_some_and(|(first, _)| *first <= index) {
            return None;
        }
        Some((index, self.prepared.remove(&index)?, self.write.take()?))
    }

    /// Takes back the writer, and returns the written tensor for checking.
    pub fn written<W>(&mut self, index: usize, written: Result<W>, write: Write) -> Option<W> {
        self.write = Some(write);
        self.written += 1;
        written.map_err(|error| self.fail(index, error)).ok()
    }

    /// Marks a tensor as finished.
    pub fn checked(&mut self, index: usize, checked: Result<()>) {
        self.under_way.remove(&index);
        if let Err(error) = checked {
            self.fail(index, error);
        }
    }

    fn fail(&mut self, index: usize, error: Error) {
        if self.failed.as_ref().is_none_or(|(first, _)| index < *first) {
            self.failed = Some((index, error));
        }
    }

    /// The first tensor's error.
    pub fn end(self) -> Result<()> {
        self.failed.map_or(Ok(()), |(_, error)| Err(error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { preparing: 3, prepared: 2, shared: 100, jobs: 4 };

    /// The number of these tensors that are started at once.
    fn begun(lengths: &[u64]) -> usize {
        let mut state: State<'_, (), ()> = State::new(lengths, LIMITS, ());
        std::iter::from_fn(|| state.begin()).count()
    }

    #[test]
    fn small_tensors_go_together_and_large_ones_alone() {
        assert_eq!(begun(&[]), 0);
        assert_eq!(begun(&[0; 9]), 4);
        assert_eq!(begun(&[16; 9]), 3);
        // 3 * 2 * 33 is less than 3 * 33 + 100 by one.
        assert_eq!(begun(&[33, 33]), 2);
        assert_eq!(begun(&[34, 34]), 1);
        assert_eq!(begun(&[1000, 33, 0]), 3);
        assert_eq!(begun(&[1000, 34, 0]), 1);
        // Claimed by files that cannot hold them.
        assert_eq!(begun(&[u64::MAX, 0]), 1);
        assert_eq!(begun(&[0, u64::MAX]), 1);
    }

    #[test]
    fn what_is_prepared_takes_less() {
        let mut state: State<'_, (), ()> = State::new(&[34, 34, 34], LIMITS, ());
        assert_eq!((state.begin(), state.begin()), (Some(0), None));
        state.prepared(0, Ok(()));
        assert_eq!((state.begin(), state.begin()), (Some(1), None));
        state.checked(0, Ok(()));
        state.prepared(1, Ok(()));
        assert_eq!((state.begin(), state.begin()), (Some(2), None));
    }
}
