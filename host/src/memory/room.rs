//! Memory that is decoded to: filled before, or fresh, which need not be.
#![allow(unsafe_code)]

use super::reserve;
use crate::Result;
use bytemuck::Pod;
use rayon::prelude::*;
use std::mem::MaybeUninit;

/// Bytes to be overwritten, all of them.
pub enum Room<'out> {
    /// They have some value.
    Filled(&'out mut [u8]),
    /// They have none.
    Fresh(&'out mut [MaybeUninit<u8>]),
}

impl<'out> Room<'out> {
    /// The number of bytes.
    pub fn len(&self) -> usize {
        match self {
            Self::Filled(bytes) => bytes.len(),
            Self::Fresh(bytes) => bytes.len(),
        }
    }

    /// The bytes, which have some value now.
    pub fn into_filled(self) -> &'out mut [u8] {
        match self {
            Self::Filled(bytes) => bytes,
            Self::Fresh(bytes) => zero(bytes),
        }
    }

    /// Calls `fill` to overwrite consecutive parts of the bytes, many at once. Each part is given
    /// by its length and an argument for `fill`. Fresh memory is zeroed part by part just before,
    /// which costs little, as the part is in the cache then.
    ///
    /// # Errors
    /// One of those that `fill` gives; [`crate::Error::OutOfMemory`].
    ///
    /// # Panics
    /// Where the lengths do not add up to that of the bytes.
    pub fn fill_parts<P: Send>(
        self,
        count: u64,
        parts: impl Iterator<Item = (usize, P)>,
        fill: impl Fn(P, &mut [u8]) -> Result<()> + Sync,
    ) -> Result<&'out mut [u8]> {
        match self {
            Self::Filled(bytes) => {
                each_part(bytes, count, parts, fill)?;
                Ok(bytes)
            }
            Self::Fresh(bytes) => {
                each_part(bytes, count, parts, |part, bytes| fill(part, zero(bytes)))?;
                // SAFETY: the parts are all of the bytes, and each was zeroed.
                Ok(unsafe { assume_filled(bytes) })
            }
        }
    }
}

fn each_part<B: Send, P: Send>(
    bytes: &mut [B],
    count: u64,
    parts: impl Iterator<Item = (usize, P)>,
    fill: impl Fn(P, &mut [B]) -> Result<()> + Sync,
) -> Result<()> {
    let mut list = reserve(count, "a list of tile rows")?;
    let mut rest = bytes;
    for (len, part) in parts {
        let (bytes, others) = rest.split_at_mut(len);
        list.push((part, bytes));
        rest = others;
    }
    assert!(rest.is_empty(), "parts end before the bytes do");
    list.into_par_iter().try_for_each(|(part, bytes)| fill(part, bytes))
}

fn zero(bytes: &mut [MaybeUninit<u8>]) -> &mut [u8] {
    bytes.fill(MaybeUninit::new(0));
    // SAFETY: they are all zero.
    unsafe { assume_filled(bytes) }
}

/// The same bytes.
///
/// # Safety
/// All of them have a value.
unsafe fn assume_filled(bytes: &mut [MaybeUninit<u8>]) -> &mut [u8] {
    // SAFETY: a `MaybeUninit` lies as what is in it, and the caller vouches that something is.
    unsafe { &mut *(std::ptr::from_mut(bytes) as *mut [u8]) }
}

/// A new vector of `count` values, whose bytes `fill` fills; it gives them back as proof.
///
/// # Errors
/// Errors of `fill`; [`crate::Error::OutOfMemory`].
pub fn new_filled<T: Pod>(
    count: u64,
    what: &'static str,
    fill: impl for<'out> FnOnce(&'out mut [MaybeUninit<u8>]) -> Result<&'out mut [u8]>,
) -> Result<Vec<T>> {
    let mut values: Vec<T> = reserve(count, what)?;
    let count = count as usize;
    let room = &mut values.spare_capacity_mut()[..count];
    // SAFETY: values that need not be there are as many bytes that need not be there.
    let bytes = unsafe {
        std::slice::from_raw_parts_mut(room.as_mut_ptr().cast(), std::mem::size_of_val(room))
    };
    let given = bytes.as_ptr_range();
    let filled = fill(bytes)?.as_ptr_range();
    assert!(filled.start == given.start.cast() && filled.end == given.end.cast());
    // SAFETY: there is room for as many values, and all their bytes have a value, as there was a
    // `&mut [u8]` of them; any bytes are a value of a `Pod`.
    unsafe { values.set_len(count) };
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Error;

    fn parts(lengths: &[usize]) -> impl Iterator<Item = (usize, u8)> {
        lengths.iter().zip(1..).map(|(&len, number)| (len, number))
    }

    #[test]
    fn parts_are_filled_and_given_back() {
        let fill = |number: u8, bytes: &mut [u8]| {
            // The first byte of each is left as it is.
            bytes.iter_mut().skip(1).for_each(|byte| *byte = number);
            Ok(())
        };
        let mut old = [9; 6];
        let filled = Room::Filled(&mut old).fill_parts(3, parts(&[2, 0, 4]), fill).unwrap();
        assert_eq!(filled, [9, 1, 9, 3, 3, 3]);
        let mut fresh = [MaybeUninit::uninit(); 6];
        let filled = Room::Fresh(&mut fresh).fill_parts(3, parts(&[2, 0, 4]), fill).unwrap();
        assert_eq!(filled, [0, 1, 0, 3, 3, 3]);
        assert_eq!(Room::Fresh(&mut [MaybeUninit::uninit(); 3]).into_filled(), [0; 3]);
    }

    #[test]
    fn an_error_of_a_part_is_the_error() {
        let fill = |_, _: &mut [u8]| Err(Error::Cancelled);
        let room = Room::Filled(&mut [0; 3]).fill_parts(1, parts(&[3]), fill).map(drop);
        assert!(matches!(room, Err(Error::Cancelled)));
    }

    #[test]
    #[should_panic(expected = "parts end before")]
    fn parts_that_leave_bytes_out_are_refused() {
        let mut fresh = [MaybeUninit::uninit(); 3];
        let _ = Room::Fresh(&mut fresh).fill_parts(1, parts(&[2]), |_, _| Ok(()));
    }

    #[test]
    fn a_vector_is_filled_by_its_bytes() {
        let values: Vec<u32> = new_filled(2, "values", |bytes| {
            let bytes = Room::Fresh(bytes).into_filled();
            bytes[0] = 7;
            bytes[4] = 8;
            Ok(bytes)
        })
        .unwrap();
        assert_eq!(values, [7u32, 8].map(u32::to_le));
        assert!(new_filled::<u8>(u64::MAX, "values", |_| unreachable!()).is_err());
        assert!(new_filled::<u8>(4, "values", |_| Err(Error::Cancelled)).is_err());
    }
}
