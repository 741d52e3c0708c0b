//! What columns of their own save, told from a sample.

use super::rows::Rows;
use crate::encode::histogram::Histogram;

/// Columns that are sampled, in groups of neighbours, which share cache lines.
const GROUPS: usize = 4;
const GROUP_COLUMNS: usize = 8;
const SAMPLED: usize = GROUPS * GROUP_COLUMNS;
/// Elements that are sampled.
const ELEMENTS: usize = 1 << 12;

/// Bits an element that coding each column by its own statistics saves, of so many that it takes.
pub struct Saving {
    pub bits: f64,
    pub of_bits: f64,
}

/// The saving in the highest byte of elements: its entropy in columns, less that in as many samples
/// of all columns mixed. As these are as small, they are biased alike. There is a row.
pub fn saving(data: &[u8], rows: Rows) -> Saving {
    let (size, width) = (usize::from(rows.element_bytes), rows.columns as usize);
    let columns = sampled_columns(width);
    let height = data.len() / (size * width);
    let sampled = (ELEMENTS / columns.len()).min(height);
    let mut by_column = vec![Histogram([0; 256]); columns.len()];
    let mut mixed = by_column.clone();
    for sample in 0..sampled {
        // Evenly spread, and none twice.
        let row = &data[sample * height / sampled * size * width..][..size * width];
        for (number, &column) in columns.iter().enumerate() {
            let byte = usize::from(row[column * size + size - 1]);
            by_column[number].0[byte] += 1;
            // In every row another column.
            mixed[(number + sample) % columns.len()].0[byte] += 1;
        }
    }
    let entropy = |samples: &[Histogram]| {
        let bits = samples.iter().map(Histogram::entropy_bits).sum::<f64>();
        bits / (sampled * columns.len()) as f64
    };
    let (of_columns, of_mixed) = (entropy(&by_column), entropy(&mixed));
    let others = 8.0 * (size - 1) as f64;
    Saving { bits: of_mixed - of_columns, of_bits: of_mixed + others }
}

fn sampled_columns(width: usize) -> Vec<usize> {
    if width <= SAMPLED {
        return (0..width).collect();
    }
    let start = |group| group * (width - GROUP_COLUMNS) / (GROUPS - 1);
    (0..GROUPS).flat_map(|group| start(group)..start(group) + GROUP_COLUMNS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::columns::random_bytes;

    fn bytes(len: usize, value: impl FnMut(usize) -> u8) -> Vec<u8> {
        (0..len).map(value).collect()
    }

    fn bits(data: &[u8], columns: u32) -> f64 {
        saving(data, Rows { element_bytes: 1, columns }).bits
    }

    #[test]
    fn columns_that_are_alike_save_nothing() {
        let mut random = random_bytes();
        let data = bytes(1 << 16, |_| random() & random());
        for columns in [2, 8, 34, 256] {
            assert!(bits(&data, columns).abs() < 0.06, "{columns}: {}", bits(&data, columns));
        }
    }

    #[test]
    fn columns_that_differ_save_what_tells_them_apart() {
        let mut random = random_bytes();
        // Two random bits, and which of four columns it is: two bits more.
        let data = bytes(1 << 16, |at| (random() >> 6) + (at % 4) as u8 * 4);
        assert!((bits(&data, 4) - 2.0).abs() < 0.1);
        assert!((bits(&data, 64) - 2.0).abs() < 0.1);
        assert!(bits(&data, 3).abs() < 0.1);
    }
}
