//! Memory in proportion to input.

use allocation_counter::measure;
use rayon::ThreadPoolBuilder;

/// Runs `work` and checks that it never held more than `factor` bytes for each of `input` bytes.
///
/// In a pool of one thread, which is the one whose allocations are counted.
#[track_caller]
pub fn at_most(factor: f64, input: usize, what: &str, work: impl FnOnce() + Send) {
    let pool = ThreadPoolBuilder::new().num_threads(1).build().expect("one thread");
    let held = pool.install(|| measure(work)).bytes_max;
    let found = held as f64 / input as f64;
    println!("{what}: {held} bytes for {input}, {found:.2} times");
    assert!(found <= factor, "{what}: {held} bytes for {input}, {found:.2} times, not {factor}");
}
