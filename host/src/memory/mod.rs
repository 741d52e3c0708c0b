//! Memory for sizes that a file or a tensor asks for.

mod room;

pub use room::{Room, new_filled};

use crate::{Error, Result};

/// An empty vector with room for `count` values, which a file asked for: without the memory an
/// error, not an abort.
pub fn reserve<T>(count: u64, what: &'static str) -> Result<Vec<T>> {
    let mut room = Vec::new();
    let reserved = usize::try_from(count).ok().and_then(|n| room.try_reserve_exact(n).ok());
    reserved.ok_or_else(|| out_of_memory::<T>(count, what))?;
    prefer_huge_pages(&mut room);
    Ok(room)
}

/// An empty string with room for so many bytes, which a file asked for.
pub fn string(bytes: usize, what: &'static str) -> Result<String> {
    let mut room = String::new();
    room.try_reserve_exact(bytes).map_err(|_| out_of_memory::<u8>(bytes as u64, what))?;
    Ok(room)
}

/// Empties a vector that is to be filled again, and gives it room for `count` values.
pub fn reuse<T>(values: &mut Vec<T>, count: u64, what: &'static str) -> Result<()> {
    values.clear();
    if (values.capacity() as u64) < count {
        // Nothing of the old one is to be copied.
        *values = Vec::new();
        *values = reserve(count, what)?;
    }
    Ok(())
}

/// Makes `buffer` exactly `len` bytes long, whatever is in it.
pub fn resize(buffer: &mut Vec<u8>, len: u64, what: &'static str) -> Result<()> {
    if len > buffer.capacity() as u64 {
        reuse(buffer, len, what)?;
    }
    // It has room, so that this is a `usize`.
    buffer.resize(len as usize, 0);
    Ok(())
}

/// Appends values, for which there may be room or not.
pub fn append<T: Copy>(values: &mut Vec<T>, more: &[T], what: &'static str) -> Result<()> {
    values.try_reserve(more.len()).map_err(|_| out_of_memory::<T>(more.len() as u64, what))?;
    values.extend_from_slice(more);
    Ok(())
}

/// Appends zeros until there are `count` values.
pub fn pad<T: Default + Copy>(values: &mut Vec<T>, count: u64, what: &'static str) -> Result<()> {
    let more = count.saturating_sub(values.len() as u64);
    let reserved = usize::try_from(more).ok().and_then(|more| values.try_reserve(more).ok());
    reserved.ok_or_else(|| out_of_memory::<T>(more, what))?;
    values.resize(values.len() + more as usize, T::default());
    Ok(())
}

fn out_of_memory<T>(count: u64, what: &'static str) -> Error {
    Error::OutOfMemory { what, bytes: count.saturating_mul(size_of::<T>() as u64) }
}

/// Allocations of at least this size ask Linux for huge pages: large enough to contain some
/// whatever the alignment.
#[cfg(target_os = "linux")]
const MANY_BYTES: usize = 8 << 20;

/// Advises the kernel to back the vector's memory by huge pages.
#[cfg(target_os = "linux")]
#[allow(unsafe_code)]
fn prefer_huge_pages<T>(values: &mut Vec<T>) {
    use rustix::mm::{Advice, madvise};

    let room = values.as_mut_ptr_range().start.cast::<u8>();
    let bytes = values.capacity() * size_of::<T>();
    if bytes < MANY_BYTES {
        return;
    }
    // Whole pages alone, so that the advice concerns only this memory.
    let page = rustix::param::page_size();
    let skipped = room.align_offset(page);
    let whole = (bytes - skipped) / page * page;
    // SAFETY: the vector owns these bytes. The advice neither changes nor moves them.
    let advised = unsafe { madvise(room.add(skipped).cast(), whole, Advice::LinuxHugepage) };
    // A kernel without huge pages does as well, though not as fast.
    advised.ok();
}

#[cfg(not(target_os = "linux"))]
fn prefer_huge_pages<T>(_: &mut Vec<T>) {}
