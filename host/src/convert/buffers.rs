//! Buffers that are reused from tensor to tensor.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The least capacity of a buffer that is kept: the allocator keeps smaller ones itself.
const LEAST: usize = 1 << 16;
/// The most idle bytes, unless a single buffer is larger.
const MOST_IDLE: usize = 128 << 20;
/// The most idle buffers.
const MOST_BUFFERS: usize = 16;

/// Buffers that are idle. Memory fresh from the system costs more time than decoding into it takes.
#[derive(Default)]
pub(super) struct Buffers {
    idle: Mutex<VecDeque<Vec<u8>>>,
}

impl Buffers {
    /// A buffer for `len` bytes with unspecified content: an idle one of about that capacity, or an
    /// empty one.
    pub fn take(&self, len: u64) -> Vec<u8> {
        // Not a much larger one: memory is limited by the lengths of the tensors.
        self.take_if(|capacity| capacity.abs_diff(len) <= len / 8)
    }

    /// As [`Buffers::take`], for `most` bytes or far fewer.
    pub fn take_up_to(&self, most: u64) -> Vec<u8> {
        self.take_if(|capacity| capacity <= most + most / 8)
    }

    /// The idle buffer of such a capacity that was in use last, or an empty one.
    fn take_if(&self, fits: impl Fn(u64) -> bool) -> Vec<u8> {
        let mut idle = self.idle();
        let latest = idle.iter().rposition(|buffer| fits(buffer.capacity() as u64));
        latest.and_then(|at| idle.remove(at)).unwrap_or_default()
    }

    /// Takes back a buffer.
    pub fn give(&self, buffer: Vec<u8>) {
        if buffer.capacity() < LEAST {
            return;
        }
        let mut idle = self.idle();
        idle.push_back(buffer);
        let bytes = |idle: &VecDeque<Vec<u8>>| idle.iter().map(Vec::capacity).sum::<usize>();
        while idle.len() > MOST_BUFFERS || idle.len() > 1 && bytes(&idle) > MOST_IDLE {
            idle.pop_front();
        }
    }

    fn idle(&self) -> MutexGuard<'_, VecDeque<Vec<u8>>> {
        // A poisoned lock is no harm: the list is whole at every moment.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn buffer(capacity: usize) -> Vec<u8> {
        let mut buffer = Vec::new();
        buffer.reserve_exact(capacity);
        buffer
    }

    #[test]
    fn buffers_of_about_the_capacity_are_used_again() {
        let buffers = Buffers::default();
        [80, 99].into_iter().for_each(|tenths| buffers.give(buffer(tenths * LEAST / 10)));
        for (tenths, capacity) in [(120, 0), (85, 80), (85, 0), (110, 99), (99, 0)] {
            let taken = buffers.take(tenths * LEAST as u64 / 10).capacity();
            assert_eq!(taken, capacity * LEAST / 10, "{tenths}");
        }
    }

    #[test]
    fn buffers_of_less_than_the_capacity_are_used_again() {
        let buffers = Buffers::default();
        [80, 20, 99].into_iter().for_each(|tenths| buffers.give(buffer(tenths * LEAST / 10)));
        for (tenths, capacity) in [(85, 20), (85, 80), (85, 0), (900, 99), (900, 0)] {
            let taken = buffers.take_up_to(tenths * LEAST as u64 / 10).capacity();
            assert_eq!(taken, capacity * LEAST / 10, "{tenths}");
        }
    }

    #[test]
    fn little_memory_lies_idle() {
        let buffers = Buffers::default();
        let capacities = || buffers.idle().iter().map(Vec::capacity).collect::<Vec<_>>();
        buffers.give(buffer(LEAST - 1));
        assert!(capacities().is_empty());
        buffers.give(buffer(LEAST));
        buffers.give(buffer(2 * MOST_IDLE));
        assert_eq!(capacities(), [2 * MOST_IDLE]);
        buffers.give(buffer(MOST_IDLE - LEAST));
        buffers.give(buffer(LEAST));
        assert_eq!(capacities(), [MOST_IDLE - LEAST, LEAST]);
        (0..=MOST_BUFFERS).for_each(|_| buffers.give(buffer(LEAST)));
        assert_eq!(capacities(), [LEAST; MOST_BUFFERS]);
    }
}
