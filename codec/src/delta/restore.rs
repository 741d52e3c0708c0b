//! From a segment of the reference to that of the tensor.

use super::bits::Bits;
use super::walk::{SegmentCounts, SegmentThreads, walk};

/// The elements that a thread adds to at a time: all are asked for before the first arrives.
const TOGETHER: usize = 8;

/// Returns whether the calling thread found the segment's gaps sound: as many changes as there are
/// to be, all of them inside the segment. Where all threads did, they are.
#[inline(always)]
pub fn are_sound<T, M: SegmentThreads<T>>(threads: &M, counts: &SegmentCounts) -> bool {
    let mut sound = true;
    let changes = walk(threads, counts, |changes| {
        for change in changes {
            sound &= !change.is_there | (change.element < counts.elements);
        }
    });
    sound & (changes == counts.changes)
}

/// Makes the changes of a segment. What is beyond the segment, or has no difference, is left out.
#[inline(always)]
pub fn make_changes<T: Bits, M: SegmentThreads<T>>(threads: &M, counts: &SegmentCounts) {
    if counts.changes == 0 || counts.elements == 0 {
        return;
    }
    walk(threads, counts, |changes| {
        // Elements that do not change are read as well, as loads that may be left out wait for
        // each other.
        let made = changes.map(|change| {
            let element = change.element.min(counts.elements - 1);
            let number = change.number.min(counts.changes - 1);
            threads.load(element).plus(threads.difference(number))
        });
        for at in 0..made.len() {
            let change = changes[at];
            let is_inside = (change.element < counts.elements) & (change.number < counts.changes);
            if change.is_there & is_inside {
                threads.store(change.element, made[at]);
            }
        }
    });
}

/// Adds a difference to each of the segment's elements.
#[inline(always)]
pub fn add_differences<T: Bits, M: SegmentThreads<T>>(threads: &M, elements: u32) {
    let mut first = 0;
    while first < elements {
        let number = |at: usize| first + at as u32 * threads.threads() + threads.thread();
        let sums: [T; TOGETHER] = core::array::from_fn(|at| {
            let element = number(at).min(elements - 1);
            threads.load(element).plus(threads.difference(element))
        });
        for at in 0..TOGETHER {
            if number(at) < elements {
                threads.store(number(at), sums[at]);
            }
        }
        first += TOGETHER as u32 * threads.threads();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::cell::Cell;

    /// One thread, and a segment of ten elements.
    struct Alone<'a> {
        codes: [u8; 8],
        elements: &'a [Cell<u16>; 10],
    }

    impl SegmentThreads<u16> for Alone<'_> {
        fn thread(&self) -> u32 {
            0
        }

        fn threads(&self) -> u32 {
            1
        }

        fn codes(&self, word: u32) -> u32 {
            u32::from_le_bytes(core::array::from_fn(|at| self.codes[4 * word as usize + at]))
        }

        fn sums_before(&self, value: u64) -> (u64, u64) {
            (0, value)
        }

        fn load(&self, element: u32) -> u16 {
            self.elements[element as usize].get()
        }

        /// +1, −2, +3, −4 and so on.
        fn difference(&self, number: u32) -> u16 {
            [2, 3, 6, 7, 10, 11, 14, 15, 18, 19][number as usize]
        }

        fn store(&self, element: u32, value: u16) {
            self.elements[element as usize].set(value);
        }
    }

    /// The verdict, and the elements after the changes.
    fn made(skipped: u32, codes: &[u8], changes: u32) -> (bool, [u16; 10]) {
        let mut words = [0x5A; 8];
        words[skipped as usize..][..codes.len()].copy_from_slice(codes);
        let elements = core::array::from_fn(|at| Cell::new(100 * at as u16));
        let alone = Alone { codes: words, elements: &elements };
        let counts = SegmentCounts { skipped, codes: codes.len() as u32, changes, elements: 10 };
        let sound = are_sound(&alone, &counts);
        make_changes(&alone, &counts);
        (sound, elements.map(|element| element.get()))
    }

    #[test]
    fn changes_are_made_where_gaps_lead_wherever_they_begin() {
        for skipped in 0..4 {
            let expected = [0, 101, 198, 303, 400, 500, 600, 700, 800, 896];
            assert_eq!(made(skipped, &[1, 0, 0, 5], 4), (true, expected), "{skipped}");
        }
        assert!(made(0, &[], 0).0);
    }

    #[test]
    fn nothing_beyond_the_segment_or_the_differences_is_changed() {
        let untouched: [u16; 10] = core::array::from_fn(|at| 100 * at as u16);
        assert_eq!(made(0, &[10], 1), (false, untouched));
        assert_eq!(made(1, &[255, 254, 255], 1), (false, untouched));
        let (sound, elements) = made(0, &[0, 0, 0], 2);
        assert_eq!((sound, &elements[..4]), (false, &[1, 98, 200, 300][..]));
        assert!(!made(0, &[0, 0], 3).0);
        assert!(made(2, &[0, 255, 255], 1).0);
    }

    #[test]
    fn every_element_has_its_difference() {
        let elements = core::array::from_fn(|at| Cell::new(100 * at as u16));
        let alone = Alone { codes: [0; 8], elements: &elements };
        add_differences(&alone, 9);
        let elements = elements.map(|element| element.get());
        assert_eq!(elements, [1, 98, 203, 296, 405, 494, 607, 692, 809, 900]);
    }
}
