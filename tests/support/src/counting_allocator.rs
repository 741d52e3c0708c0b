//! An allocator that counts the bytes that are in use.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

/// The system's allocator, and a count.
pub struct Counting;

static LIVE: AtomicI64 = AtomicI64::new(0);

/// Bytes that were allocated by any thread and not freed yet.
pub fn live_bytes() -> i64 {
    LIVE.load(Relaxed)
}

/// Counts the bytes of an allocation that succeeded.
fn counted(pointer: *mut u8, bytes: i64) -> *mut u8 {
    if !pointer.is_null() {
        LIVE.fetch_add(bytes, Relaxed);
    }
    pointer
}

// SAFETY: all memory comes from the system's allocator, and goes back to it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's own duty.
        counted(unsafe { System.alloc(layout) }, layout.size() as i64)
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size() as i64, Relaxed);
        // SAFETY: the caller's own duty.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's own duty.
        counted(unsafe { System.alloc_zeroed(layout) }, layout.size() as i64)
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller's own duty.
        let moved = unsafe { System.realloc(pointer, layout, size) };
        counted(moved, size as i64 - layout.size() as i64)
    }
}
