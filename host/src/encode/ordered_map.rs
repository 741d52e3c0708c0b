//! A parallel map whose results are taken in order.

use crate::Result;
use rayon::prelude::*;

/// Parts in flight for each thread, so that a slow part delays no other.
const PARTS_A_THREAD: usize = 4;

/// Makes parts 0 to `count − 1` and takes them in order: `make` is called for many at once, each
/// with one of `in_hand`, which is used again for later parts; `take` for one after another, while
/// further ones are made.
///
/// # Errors
/// The first error of `take`; nothing is taken after it.
pub fn ordered_map<T: Default + Send>(
    count: usize,
    in_hand: &mut Vec<T>,
    make: impl Fn(usize, &mut T) + Sync,
    mut take: impl FnMut(&mut T) -> Result<()> + Send,
) -> Result<()> {
    let width = count.min(PARTS_A_THREAD * rayon::current_num_threads());
    in_hand.resize_with(in_hand.len().max(2 * width), T::default);
    let (mut made, mut making) = in_hand[..2 * width].split_at_mut(width);
    let mut ready = 0;
    for first in (0..count).step_by(width.max(1)) {
        let begun = width.min(count - first);
        let (taken, ()) = rayon::join(
            || made[..ready].iter_mut().try_for_each(&mut take),
            || {
                let parts = making[..begun].par_iter_mut().enumerate();
                parts.for_each(|(number, part)| make(first + number, part));
            },
        );
        taken?;
        std::mem::swap(&mut made, &mut making);
        ready = begun;
    }
    made[..ready].iter_mut().try_for_each(take)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Error;

    #[test]
    fn parts_are_taken_ordered_map() {
        for count in [0, 1, 2, 7, 8, 9, 1000] {
            let mut taken = Vec::new();
            let take = |part: &mut usize| {
                taken.push(*part);
                Ok(())
            };
            ordered_map(count, &mut vec![], |number, part| *part = number, take).unwrap();
            assert!(taken.into_iter().eq(0..count), "{count}");
        }
    }

    #[test]
    fn nothing_is_taken_after_an_error() {
        let mut taken = 0;
        let take = |part: &mut usize| {
            taken += 1;
            if *part == 100 { Err(Error::InvalidArgument("100".into())) } else { Ok(()) }
        };
        assert!(ordered_map(1000, &mut vec![], |number, part| *part = number, take).is_err());
        assert_eq!(taken, 101);
    }
}
