//! Memory and work in proportion to input.

use allocation_counter::measure;
use rayon::ThreadPoolBuilder;
pub use support::cost::Most;
use support::cost::{Taken, at_most as check};

/// Runs `work` and checks that it took no more than that for `input` bytes.
///
/// In a pool of one thread, which is the one whose allocations are counted.
#[track_caller]
pub fn at_most(most: Most, input: usize, what: &str, work: impl FnOnce() + Send) {
    let pool = ThreadPoolBuilder::new().num_threads(1).build().expect("one thread");
    check(most, input, what, || {
        let taken = pool.install(|| measure(work));
        Taken { held: taken.bytes_max, in_all: taken.bytes_total }
    });
}
