//! The walk along the gaps of a segment, four codes a thread at a time.

use super::LONG_GAP;

/// The codes that a thread takes at a time: the bytes of a word.
pub(super) const WORD_CODES: usize = 4;

/// What a segment of a sparse delta has.
#[derive(Debug, Clone, Copy)]
pub struct SegmentCounts {
    /// The byte of the first word of codes that the first code is.
    pub skipped: u32,
    /// Codes of gaps.
    pub codes: u32,
    /// Elements that change.
    pub changes: u32,
    /// Elements.
    pub elements: u32,
}

impl SegmentCounts {
    /// The number of words that hold codes.
    #[inline(always)]
    fn words(&self) -> u32 {
        (self.skipped + self.codes).div_ceil(WORD_CODES as u32)
    }

    /// 1 where byte `at` of the words is a code, otherwise 0.
    #[inline(always)]
    fn has(&self, at: u32) -> u64 {
        u64::from(at.wrapping_sub(self.skipped) < self.codes)
    }
}

/// The threads that restore a segment together, and the memory of it, whose elements are `T`. All of
/// them call the program, each with a number of its own.
pub trait SegmentThreads<T> {
    /// The number of the calling thread.
    fn thread(&self) -> u32;

    /// The number of threads.
    fn threads(&self) -> u32;

    /// A word of codes, the first in its lowest byte; what it holds before the first and beyond the
    /// last code may be anything.
    fn codes(&self, word: u32) -> u32;

    /// The sum of the values of all threads before the calling one, and that of all. All threads
    /// call it.
    fn sums_before(&self, value: u64) -> (u64, u64);

    /// An element of the segment as it is in the reference.
    fn load(&self, element: u32) -> T;

    /// A difference of the segment by its number.
    fn difference(&self, number: u32) -> T;

    /// Stores an element of the tensor.
    fn store(&self, element: u32, value: T);
}

/// A code's change, where it has one.
#[derive(Clone, Copy)]
pub(super) struct Change {
    /// The number of the element, which may be beyond the segment.
    pub element: u32,
    /// The number of its difference, which may be beyond the last.
    pub number: u32,
    /// False where there is no change, and the rest means nothing.
    pub is_there: bool,
}

/// The elements that a code leads over, and in the upper half the changes among them; nothing where
/// `present` is 0, otherwise 1.
///
/// By arithmetic, as threads that took different ways would wait for each other in
/// [`SegmentThreads::sums_before`].
#[inline(always)]
fn step(code: u32, present: u64) -> u64 {
    let is_change = u64::from(code != u32::from(LONG_GAP));
    present * (u64::from(code) + is_change + (is_change << 32))
}

/// Goes along the gaps of a segment, and calls `visit` with the changes of four codes at a time;
/// returns how many changes there are.
#[inline(always)]
pub(super) fn walk<T, M: SegmentThreads<T>>(
    threads: &M,
    counts: &SegmentCounts,
    mut visit: impl FnMut([Change; WORD_CODES]),
) -> u32 {
    let words = counts.words();
    if words == 0 {
        return 0;
    }
    // Beyond the last word it is read again.
    let read = |word: u32| threads.codes(word.min(words - 1));
    let mut before = 0;
    let mut first = 0;
    let mut ahead = read(threads.thread());
    while first < words {
        let word = first + threads.thread();
        let codes = ahead;
        // Asked for before it is needed.
        ahead = read(word + threads.threads());
        let steps: [u64; WORD_CODES] = core::array::from_fn(|at| {
            step(codes >> (8 * at) & 0xFF, counts.has(WORD_CODES as u32 * word + at as u32))
        });
        let (own, all) = threads.sums_before(steps[0] + steps[1] + steps[2] + steps[3]);
        let mut at = before + own;
        visit(steps.map(|step| {
            let number = (at >> 32) as u32;
            at += step;
            // The last of those that the code leads over.
            Change { element: (at as u32).wrapping_sub(1), number, is_there: step >> 32 != 0 }
        }));
        before += all;
        first += threads.threads();
    }
    (before >> 32) as u32
}
