//! Prefetches rows that lie too far apart for the CPU's own prefetcher.
//!
//! On x86-64 alone: stable Rust has no prefetch for others.

/// The number of rows to prefetch ahead of reading, and of writing; measured.
pub const READ_ROWS_AHEAD: usize = 8;
pub const WRITE_ROWS_AHEAD: usize = 2;

/// Prefetches these bytes for reading.
#[cfg_attr(not(unoptimized), inline(always))]
pub fn prefetch_read(bytes: &[u8]) {
    #[cfg(target_arch = "x86_64")]
    prefetch::<{ core::arch::x86_64::_MM_HINT_T0 }>(bytes);
    #[cfg(not(target_arch = "x86_64"))]
    let _ = bytes;
}

/// Prefetches these bytes for writing.
#[cfg_attr(not(unoptimized), inline(always))]
pub fn prefetch_write(bytes: &[u8]) {
    #[cfg(target_arch = "x86_64")]
    prefetch::<{ core::arch::x86_64::_MM_HINT_ET0 }>(bytes);
    #[cfg(not(target_arch = "x86_64"))]
    let _ = bytes;
}

#[cfg(target_arch = "x86_64")]
#[cfg_attr(not(unoptimized), inline(always))]
fn prefetch<const HINT: i32>(bytes: &[u8]) {
    const LINE: usize = 64;
    for line in bytes.chunks(LINE) {
        // SAFETY: every x86-64 has the instruction, and it touches nothing.
        unsafe { core::arch::x86_64::_mm_prefetch::<HINT>(line.as_ptr().cast()) }
    }
}
