//! Memory and work in proportion to input. Programs count allocations, as they choose the
//! allocator; the bounds are checked here.

use std::time::Instant;

/// The most that something may take, in bytes for each byte of input.
#[derive(Clone, Copy)]
pub struct Most {
    /// Bytes held at a time.
    pub held: f64,
    /// Bytes asked of the allocator in all: the work, as far as it can be counted alike on every
    /// machine. It grows with the square where something is copied or gathered anew for each part.
    pub in_all: f64,
}

/// Bytes that were asked of the allocator.
pub struct Taken {
    /// The most that were held at a time.
    pub held: u64,
    /// All of them.
    pub in_all: u64,
}

/// Checks that `work` took no more than that for `input` bytes.
#[track_caller]
pub fn at_most(most: Most, input: usize, what: &str, work: impl FnOnce() -> Taken) {
    let start = Instant::now();
    let taken = work();
    let time = start.elapsed().as_nanos() as f64 / input as f64;
    let times = |bytes: u64| bytes as f64 / input as f64;
    let (held, in_all) = (times(taken.held), times(taken.in_all));
    let found = format!("{what}: {held:.2} bytes a byte of {input}, {in_all:.2} in all");
    println!("{found}, {time:.0} ns");
    assert!(held <= most.held, "{found}: more than {} held", most.held);
    assert!(in_all <= most.in_all, "{found}: more than {}", most.in_all);
}
