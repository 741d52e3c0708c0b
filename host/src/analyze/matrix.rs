//! The coded bytes of a tensor as a matrix, not cut into tiles: for analysis.

use crate::TensorView;
use crate::encode::histogram::{Counts, Histogram, entropy_bits};
use crate::encode::tensor::coded_bytes;
use rayon::prelude::*;
use wcodec_codec::format::Split;

/// Rows that are counted one by one; of more, neighbours are counted together.
const MOST_ROWS: usize = 1 << 16;
/// Rows that a thread takes at a time.
const BAND: usize = 64;
/// Bytes in a context are sorted, not counted, where there are fewer than this.
const FEW: usize = 1 << 14;

/// Rows along the last dimension.
pub struct Matrix<'a> {
    data: &'a [u8],
    split: Split,
    /// Bytes of a row.
    row: usize,
}

impl<'a> Matrix<'a> {
    /// A tensor as a matrix; a vector is one row.
    pub fn new(tensor: &TensorView<'a>, split: Split) -> Self {
        let (data, count) = (tensor.data(), rows(tensor.shape()));
        // A row of bits that are not whole elements of the split is no row of the matrix.
        let whole = count > 0 && data.len().is_multiple_of(count * split.element_bytes());
        let row = if whole { data.len() / count } else { data.len() };
        Self { data, split, row: row.max(split.element_bytes()) }
    }

    /// Counts of the coded bytes of each row.
    pub fn row_histograms(&self) -> Vec<Histogram> {
        let together = (self.data.len() / self.row).div_ceil(MOST_ROWS).max(1);
        let rows = self.data.par_chunks(self.row * together);
        rows.map_init(Vec::new, |coded, rows| Histogram::of(self.coded(rows, coded))).collect()
    }

    /// Bits of the coded bytes given the one to the left, and given the one above. A byte without
    /// such a neighbour has the context 0.
    pub fn context_bits(&self) -> [f64; 2] {
        if self.data.len() / self.split.element_bytes() < FEW {
            return self.context_bits_of_few();
        }
        self.context_bits_of_many()
    }

    /// As [`Matrix::context_bits`], by sorting: the two tables of all contexts take 1 MiB, which a
    /// file of very many short tensors would have filled for each of them.
    fn context_bits_of_few(&self) -> [f64; 2] {
        let mut coded = Vec::new();
        self.coded(self.data, &mut coded);
        let row = self.row / self.split.element_bytes();
        let pair = |context: u8, byte: u8| u16::from_be_bytes([context, byte]);
        let pairs = |distance: usize, has: fn(usize, usize) -> bool| {
            let context = |at: usize| if has(at, row) { coded[at - distance] } else { 0 };
            let mut pairs: Vec<u16> =
                coded.iter().enumerate().map(|(at, &byte)| pair(context(at), byte)).collect();
            pairs.sort_unstable();
            sorted_conditional_bits(&pairs)
        };
        [pairs(1, |at, row| at % row > 0), pairs(row, |at, row| at >= row)]
    }

    fn context_bits_of_many(&self) -> [f64; 2] {
        let band = self.row * BAND;
        let pairs = (0..self.data.len().div_ceil(band)).into_par_iter();
        let counted = pairs.fold(Joint::pair, |mut joint, number| {
            self.count_band(number * band, band, &mut joint);
            joint
        });
        counted.reduce(Joint::pair, Joint::add_pairs).map(|joint| joint.conditional_bits())
    }

    fn count_band(&self, start: usize, len: usize, [left, top]: &mut [Joint; 2]) {
        let (mut above, mut coded) = (Vec::new(), Vec::new());
        match start.checked_sub(self.row) {
            Some(before) => drop(self.coded(&self.data[before..start], &mut above)),
            None => above.resize(self.row / self.split.element_bytes(), 0),
        }
        let end = (start + len).min(self.data.len());
        for row in self.data[start..end].chunks_exact(self.row) {
            self.coded(row, &mut coded);
            let lefts = [0].into_iter().chain(coded.iter().copied());
            coded.iter().zip(lefts).for_each(|(&byte, context)| left.count(context, byte));
            coded.iter().zip(&above).for_each(|(&byte, &context)| top.count(context, byte));
            std::mem::swap(&mut above, &mut coded);
        }
    }

    fn coded<'b>(&self, bytes: &[u8], coded: &'b mut Vec<u8>) -> &'b [u8] {
        coded.resize(bytes.len() / self.split.element_bytes(), 0);
        coded_bytes(self.split, bytes, coded);
        coded
    }
}

/// The number of rows of a shape: the product of all but its last extent.
fn rows(shape: &[u64]) -> usize {
    let outer = shape.split_last().map_or(&[][..], |(_, outer)| outer);
    let count = outer.iter().try_fold(1u64, |rows, &extent| rows.checked_mul(extent));
    count.and_then(|count| usize::try_from(count).ok()).unwrap_or(0)
}

/// Counts of each byte in each context.
struct Joint(Vec<Counts>);

impl Joint {
    fn pair() -> [Self; 2] {
        [(); 2].map(|()| Self(vec![Counts([0; 256]); 256]))
    }

    fn count(&mut self, context: u8, byte: u8) {
        self.0[usize::from(context)].0[usize::from(byte)] += 1;
    }

    fn add_pairs(mut pair: [Self; 2], other: [Self; 2]) -> [Self; 2] {
        for (joint, other) in pair.iter_mut().zip(&other) {
            let counts = joint.0.iter_mut().zip(&other.0);
            counts.flat_map(|(sum, more)| sum.0.iter_mut().zip(&more.0)).for_each(|(a, b)| *a += b);
        }
        pair
    }

    fn conditional_bits(&self) -> f64 {
        self.0.iter().map(|counts| corrected_bits(counts.0)).sum()
    }
}

/// The entropy of the counts in a context, corrected for the bias of estimating it from the same
/// data: plus half a nat for each value beyond its first.
fn corrected_bits(counts: impl IntoIterator<Item = u64> + Clone) -> f64 {
    let values = counts.clone().into_iter().filter(|&count| count > 0).count();
    let bias = values.saturating_sub(1) as f64 / 2.0 * std::f64::consts::LOG2_E;
    entropy_bits(counts) + bias
}

/// The same of all contexts, from pairs of a context and a byte in ascending order.
fn sorted_conditional_bits(pairs: &[u16]) -> f64 {
    let of_context = |pairs: &[u16]| {
        let counts = pairs.chunk_by(|a, b| a == b).map(|equal| equal.len() as u64);
        corrected_bits(counts)
    };
    pairs.chunk_by(|a, b| a >> 8 == b >> 8).map(of_context).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Dtype;

    fn matrix<'a>(shape: &'a [u64], data: &'a [u8]) -> Matrix<'a> {
        Matrix::new(&TensorView::new(Dtype::U8, shape, data).unwrap(), Split::Byte)
    }

    #[test]
    fn rows_are_those_of_the_last_dimension() {
        let data = [1, 1, 2, 2, 3, 3];
        let rows = |shape: &[u64]| -> Vec<u8> {
            matrix(shape, &data).row_histograms().iter().map(Histogram::mode).collect()
        };
        assert_eq!(rows(&[3, 2]), [1, 2, 3]);
        assert_eq!(rows(&[3, 1, 2]), [1, 2, 3]);
        assert_eq!(rows(&[6]), [1]);
        assert!(matrix(&[0, 4], &[]).row_histograms().is_empty());
    }

    /// Rows of equal bytes: the left neighbour tells all but the first of a row, whose context is
    /// 0; the one above, which is the byte less one, tells all.
    #[test]
    fn neighbours_are_those_of_the_matrix() {
        let data: Vec<u8> = (1..=200).flat_map(|row| [row; 50]).collect();
        let firsts = 200.0 * 200f64.log2() + 199.0 / 2.0 * std::f64::consts::LOG2_E;
        let matrix = matrix(&[200, 50], &data);
        for [left, top] in [matrix.context_bits_of_few(), matrix.context_bits_of_many()] {
            assert!((left - firsts).abs() < 1e-6, "{left}");
            assert_eq!(top, 0.0);
        }
    }

    /// Sorting and counting give the same, up to the order of summing.
    #[test]
    fn few_are_as_many() {
        let data: Vec<u8> = (0..9000u32).map(|n| (n * n % 251 + n / 1000) as u8).collect();
        for shape in [&[90, 100][..], &[9000], &[9000, 1], &[3, 3000]] {
            let matrix = matrix(shape, &data);
            let (few, many) = (matrix.context_bits_of_few(), matrix.context_bits_of_many());
            for (few, many) in few.into_iter().zip(many) {
                assert!((few - many).abs() < 1e-6 * many, "{shape:?}: {few}, {many}");
            }
        }
    }
}
