//! Counts of the pairs of a tensor.

use super::counters::{ROWS, count_two, count_word};
use super::pairs::Pairs;
use super::source::{LaneSource, first_words};
use crate::device::ptx::permute_bytes;
use crate::encode::launch::EncodeJob;
use wcodec_codec::encode::coded_words;
use wcodec_codec::format::Split;

/// Counts the pairs of each row of a tile whose number is a multiple of `stride` into the lane's
/// counters.
///
/// # Safety
/// The tensor is readable; `counters` are the lane's.
#[inline(always)]
pub unsafe fn count_pairs(
    source: &LaneSource,
    job: &EncodeJob,
    pairs: Pairs,
    stride: u32,
    counters: u32,
) {
    // SAFETY: the caller's condition.
    unsafe {
        match job.split {
            number if number <= Split::RotatedByte as u32 => {
                PairCounter::<4> { source, split: job.split(1), pairs, counters }.count(stride);
            }
            number if number <= Split::High16 as u32 => {
                PairCounter::<2> { source, split: job.split(2), pairs, counters }.count(stride);
            }
            _ => PairCounter::<1> { source, split: job.split(4), pairs, counters }.count(stride),
        }
    }
}

/// Counts pairs of coded bytes, `N` words of them in each row.
struct PairCounter<'a, const N: usize> {
    source: &'a LaneSource,
    split: Split,
    pairs: Pairs,
    counters: u32,
}

impl<const N: usize> PairCounter<'_, N> {
    /// Counts those of some rows.
    ///
    /// # Safety
    /// As [`count_pairs`].
    #[inline(always)]
    unsafe fn count(&self, stride: u32) {
        let mut row = 0;
        let source = self.source;
        // SAFETY: the caller's condition.
        unsafe {
            while row + (ROWS - 1) * stride + 1 < source.rows {
                let (first, second) = (source.load_whole(row), source.load_whole(row + stride));
                let (third, fourth) =
                    (source.load_whole(row + 2 * stride), source.load_whole(row + 3 * stride));
                self.count_row(self.coded(first));
                self.count_row(self.coded(second));
                self.count_row(self.coded(third));
                self.count_row(self.coded(fourth));
                row += ROWS * stride;
            }
            while row < source.rows {
                let mut coded = self.coded(source.load(row));
                source.fill_beyond(row, self.pairs.filler, &mut coded);
                self.count_row(coded);
                row += stride;
            }
        }
    }

    #[inline(always)]
    fn coded(&self, words: [u32; 4]) -> [u32; N] {
        first_words(coded_words(self.split, words, permute_bytes))
    }

    /// # Safety
    /// As [`count_pairs`].
    #[inline(always)]
    unsafe fn count_row(&self, coded: [u32; N]) {
        let mut pairs = self.pairs.of(coded);
        if pairs.exceptions != 0 {
            pairs = self.pairs.of(self.pairs.replace_exceptions(coded).0);
        }
        let [first, last] = pairs.symbols;
        // SAFETY: the caller's condition.
        unsafe {
            if N == 1 {
                count_two(first, self.counters);
            } else {
                count_word(first, self.counters);
            }
            if N == 4 {
                count_word(last, self.counters);
            }
        }
    }
}
