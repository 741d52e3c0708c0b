//! An allocator of which a thread may ask that one of its allocations fails, or what all of them
//! take.

use crate::cost::Taken;
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// The system's allocator, but for what [`failing_at`] asks.
pub struct AllocationsFail;

thread_local! {
    /// Allocations until the one that fails; `None` while none is to.
    static LEFT: Cell<Option<u64>> = const { Cell::new(None) };
    /// Bytes of the smallest allocation that counts.
    static SMALLEST: Cell<usize> = const { Cell::new(0) };
    /// Bytes that the thread holds, less those that it freed for others.
    static HELD: Cell<i64> = const { Cell::new(0) };
    /// The most of them since [`measure`] began.
    static MOST: Cell<i64> = const { Cell::new(0) };
    /// Bytes of all allocations.
    static IN_ALL: Cell<u64> = const { Cell::new(0) };
}

/// The bytes that this thread asks for while `work` runs.
pub fn measure(work: impl FnOnce()) -> Taken {
    let (held, in_all) = (HELD.get(), IN_ALL.get());
    MOST.set(held);
    work();
    Taken { held: (MOST.get() - held) as u64, in_all: IN_ALL.get() - in_all }
}

/// Makes each allocation of `work` fail in turn until none fails: each time the error says so, and
/// then all is well again. Returns the number of allocations.
#[track_caller]
pub fn each_fails(what: &str, mut work: impl FnMut() -> wcodec::Result<()>) -> u64 {
    count(|| work().unwrap());
    let allocations = count(|| work().unwrap());
    for allocation in 0..allocations {
        let error = failing_at(allocation, &mut work).expect_err(what);
        let said = matches!(error, wcodec::Error::OutOfMemory { .. });
        assert!(said, "{what}: allocation {allocation} of {allocations}: {error}");
        work().unwrap();
    }
    allocations
}

/// Runs `work` with no allocation of this thread counting, or failing, that has fewer bytes than
/// `smallest`.
pub fn counting_from<T>(smallest: usize, work: impl FnOnce() -> T) -> T {
    SMALLEST.set(smallest);
    let result = work();
    SMALLEST.set(0);
    result
}

/// No allocation is that far.
const NEVER: u64 = u64::MAX;

/// Runs `work` with this thread's allocation number `allocation`, from 0 on, failing.
pub fn failing_at<T>(allocation: u64, work: impl FnOnce() -> T) -> T {
    LEFT.set(Some(allocation));
    let result = work();
    LEFT.set(None);
    result
}

/// The allocations of `work`.
pub fn count(work: impl FnOnce()) -> u64 {
    LEFT.set(Some(NEVER));
    work();
    NEVER - LEFT.take().unwrap_or(NEVER)
}

/// Counts an allocation; returns whether it is to fail. After one failure the others succeed: the
/// tests check that the first is noticed.
fn fails(bytes: usize) -> bool {
    match LEFT.get() {
        _ if bytes < SMALLEST.get() => false,
        None => false,
        Some(0) => {
            LEFT.set(None);
            true
        }
        Some(left) => {
            LEFT.set(Some(left - 1));
            false
        }
    }
}

/// Counts bytes that the thread holds from here on.
fn hold(bytes: usize) {
    HELD.set(HELD.get() + bytes as i64);
    MOST.set(MOST.get().max(HELD.get()));
    IN_ALL.set(IN_ALL.get() + bytes as u64);
}

fn release(bytes: usize) {
    HELD.set(HELD.get() - bytes as i64);
}

// SAFETY: everything but a null pointer, which means that there is no memory, comes from the
// system's allocator.
unsafe impl GlobalAlloc for AllocationsFail {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if fails(layout.size()) {
            return std::ptr::null_mut();
        }
        hold(layout.size());
        // SAFETY: the caller's own duty.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        release(layout.size());
        // SAFETY: the caller's own duty.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if fails(layout.size()) {
            return std::ptr::null_mut();
        }
        hold(layout.size());
        // SAFETY: the caller's own duty.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if fails(size) {
            return std::ptr::null_mut();
        }
        // While the bytes are copied both are held.
        hold(size);
        release(layout.size());
        // SAFETY: the caller's own duty.
        unsafe { System.realloc(pointer, layout, size) }
    }
}
