//! The memory of a segment, and the threads that restore it.

use super::team::Team;
use crate::delta::launch::{DeltaLaunch, DeltaTask, SegmentTask};
use crate::device::ptx::load_global;
use core::marker::PhantomData;
use wcodec_codec::delta::{Bits, SegmentCounts, SegmentThreads};

/// A segment whose differences are stored as `S`, restored by a team.
pub struct Segment<S, G> {
    /// Address of the word that the first code is in.
    words: u64,
    /// Address of the first difference.
    differences: u64,
    /// Address that elements are read from.
    from: u64,
    /// Address that they are written to.
    to: u64,
    /// What it has.
    pub counts: SegmentCounts,
    types: PhantomData<(S, G)>,
}

impl<S, G> Segment<S, G> {
    /// The segment of a task, whose elements are read at `from`.
    #[inline(always)]
    pub fn new(launch: &DeltaLaunch, delta: &DeltaTask, task: &SegmentTask, from: u64) -> Self {
        let gaps = launch.parts + task.gaps;
        Self {
            words: gaps & !3,
            differences: launch.parts + task.differences,
            from,
            to: task.out,
            counts: SegmentCounts {
                skipped: (gaps & 3) as u32,
                codes: task.codes,
                changes: task.changes,
                elements: task.bytes >> delta.width.trailing_zeros(),
            },
            types: PhantomData,
        }
    }
}

impl<T: Bits, S: Bits, G: Team> SegmentThreads<T> for Segment<S, G> {
    #[inline(always)]
    fn thread(&self) -> u32 {
        G::thread()
    }

    #[inline(always)]
    fn threads(&self) -> u32 {
        G::threads()
    }

    #[inline(always)]
    fn codes(&self, word: u32) -> u32 {
        // SAFETY: the word holds one of the segment's codes, and what is decoded begins and ends
        // with a whole word.
        unsafe { load_global(self.words + 4 * u64::from(word)) }
    }

    #[inline(always)]
    fn sums_before(&self, value: u64) -> (u64, u64) {
        G::sums_before(value)
    }

    #[inline(always)]
    fn load(&self, element: u32) -> T {
        // SAFETY: the program asks for elements of the segment alone.
        unsafe { *(self.from as *const T).add(element as usize) }
    }

    #[inline(always)]
    fn difference(&self, number: u32) -> T {
        // SAFETY: the program asks for differences of the segment alone.
        T::of_low(unsafe { *(self.differences as *const S).add(number as usize) }.to_u64())
    }

    #[inline(always)]
    fn store(&self, element: u32, value: T) {
        // SAFETY: the program stores elements of the segment alone.
        unsafe { *(self.to as *mut T).add(element as usize) = value };
    }
}
