//! Memory and work in proportion to input, for the tests of what a stranger's file can cost.

use rayon::ThreadPoolBuilder;
use std::io::{self, Write};
pub use support::cost::Most;
use support::cost::at_most as check;
use support::failing_allocator::{AllocationsFail, measure};

#[global_allocator]
static ALLOCATOR: AllocationsFail = AllocationsFail;

/// Runs `work` and checks that it took no more than that for `input` bytes.
///
/// In a pool of one thread, which is the one whose allocations are counted.
#[track_caller]
pub fn at_most(most: Most, input: usize, what: &str, work: impl FnOnce() + Send) {
    let pool = ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    check(most, input, what, || pool.install(|| measure(work)));
}

/// The number of bytes that are printed, of which none is kept.
pub fn print_to_counter(print: impl FnOnce(&mut Counter) -> io::Result<()>) -> usize {
    let mut counter = Counter(0);
    print(&mut counter).unwrap();
    counter.0
}

/// Counts the bytes written to it.
pub struct Counter(usize);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
