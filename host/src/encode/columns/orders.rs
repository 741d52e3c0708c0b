//! The sizes of a tensor in the order of rows and in that of columns, expected from samples of the
//! tiles of both.

use super::rows::Rows;
use crate::encode::choose::expected_bits;
use crate::encode::histogram::Histogram;

/// Tiles that are sampled, and neighbours among columns, which share cache lines.
const TILES: usize = 64;
const GROUP_COLUMNS: usize = 8;
/// Elements of a tile: runs of neighbours from all over it.
const RUNS: usize = 32;
const RUN: usize = 8;

/// Bits an element in either order: those of its highest byte, as it is or as the difference from
/// the element before it, with as many tables as pay.
pub struct Orders {
    pub rows: f64,
    /// As few as those of rows may be, where a byte can be predicted from that above.
    pub least_rows: f64,
    pub columns: f64,
}

impl Orders {
    /// Expects the bits of rows, where a tile in the order of columns holds so many of them, and in
    /// that of rows a row of `row_bytes` lies above another. There are 256 rows or more.
    pub fn expect(data: &[u8], rows: Rows, columns_of_tile: usize, row_bytes: usize) -> Self {
        let (size, width) = (usize::from(rows.element_bytes), rows.columns as usize);
        let tensor = Elements { data, size, width };
        let (in_rows, in_columns) = (tensor.row_tiles(), tensor.column_tiles(columns_of_tile));
        let bits = |tiles: &[Runs], count: fn(&Runs) -> Histogram| {
            tensor.bits(tiles.iter().map(count).collect())
        };
        let columns = bits(&in_columns, plain).min(bits(&in_columns, differences));
        let rows = bits(&in_rows, plain).min(bits(&in_rows, differences));
        let from_above = tensor.differences_from_above(row_bytes / size);
        let least_rows = from_above.map_or(rows, |from_above| rows.min(tensor.bits(from_above)));
        Self { rows, least_rows, columns }
    }
}

/// Counts of what was sampled of a tile.
fn plain(runs: &Runs) -> Histogram {
    Histogram::of(runs.as_flattened())
}

/// Counts of the differences of neighbours.
fn differences(runs: &Runs) -> Histogram {
    let pairs = runs.iter().flat_map(|run| run.windows(2));
    let differences: Vec<u8> = pairs.map(|pair| pair[1].wrapping_sub(pair[0])).collect();
    Histogram::of(&differences)
}

/// The elements of a tensor, in rows.
struct Elements<'a> {
    data: &'a [u8],
    size: usize,
    width: usize,
}

/// Runs of highest bytes, from a tile.
type Runs = Vec<[u8; RUN]>;

impl Elements<'_> {
    fn count(&self) -> usize {
        self.data.len() / self.size
    }

    /// The highest bytes of a run of elements, so far apart.
    fn run(&self, first: usize, stride: usize) -> [u8; RUN] {
        std::array::from_fn(|at| self.data[(first + at * stride) * self.size + self.size - 1])
    }

    /// Tiles of neighbours in the order of rows.
    fn row_tiles(&self) -> Vec<Runs> {
        self.places(0).iter().map(|runs| runs.map(|run| self.run(run, 1)).to_vec()).collect()
    }

    /// Counts of the differences of bytes in such tiles from those so many elements before them;
    /// `None` where there are too few.
    fn differences_from_above(&self, above: usize) -> Option<Vec<Histogram>> {
        let differences = |run: usize| {
            let (run, before) = (self.run(run, 1), self.run(run - above, 1));
            std::array::from_fn::<u8, RUN, _>(|at| run[at].wrapping_sub(before[at]))
        };
        let tile = |runs: &[usize; RUNS]| plain(&runs.map(differences).to_vec());
        let has_room = above.saturating_add(RUNS * RUN) <= self.count();
        has_room.then(|| self.places(above).iter().map(tile).collect())
    }

    /// The first elements of the runs of tiles from all over the tensor, none before `first`, after
    /// which there is room for a tile.
    fn places(&self, first: usize) -> [[usize; RUNS]; TILES] {
        let last = self.count() - RUNS * RUN;
        let start = |tile: usize| first + tile * (last - first) / (TILES - 1);
        std::array::from_fn(|tile| std::array::from_fn(|run| start(tile) + run * RUN))
    }

    /// Tiles of so many neighbouring columns.
    fn column_tiles(&self, columns_of_tile: usize) -> Vec<Runs> {
        let height = self.count() / self.width;
        let group = GROUP_COLUMNS.min(self.width);
        let groups = (TILES / group).min(self.width / group);
        // As many elements as in rows, whatever the number of columns.
        let count = (RUNS * TILES / (groups * group)).min(height / RUN);
        let runs = |column: usize| {
            let start = move |run: usize| run * (height - RUN) / (count - 1) * self.width + column;
            (0..count).map(move |run| self.run(start(run), self.width))
        };
        let first = |number: usize| number * (self.width - group) / (groups - 1).max(1);
        let columns: Vec<usize> =
            (0..groups).flat_map(|number| (0..group).map(move |at| first(number) + at)).collect();
        let tiles = columns.chunks(columns_of_tile.clamp(1, group));
        tiles.map(|columns| columns.iter().flat_map(|&column| runs(column)).collect()).collect()
    }

    /// Bits of an element where these are counts of samples, each of a tile.
    fn bits(&self, samples: Vec<Histogram>) -> f64 {
        let sampled: u64 = samples.iter().map(Histogram::total).sum();
        let weight = self.count() as f64 / sampled as f64;
        expected_bits(&samples, weight) / self.count() as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::columns::random_bytes;
    use wcodec_codec::format::ROW_BYTES;

    /// What columns save of bytes with so many in a row.
    fn saved(columns: u32, value: impl FnMut(usize) -> u8) -> f64 {
        let data: Vec<u8> = (0..1 << 18).map(value).collect();
        let orders = Orders::expect(&data, Rows { element_bytes: 1, columns }, 1, ROW_BYTES);
        orders.rows - orders.columns
    }

    #[test]
    fn columns_that_are_alike_save_nothing() {
        for columns in [8, 64, 512] {
            let mut random = random_bytes();
            let saved = saved(columns, |_| random() & random());
            assert!(saved.abs() < 0.1, "{columns}: {saved}");
        }
    }

    #[test]
    fn kinds_of_columns_save_what_tells_them_apart() {
        let mut random = random_bytes();
        let kinds: Vec<u8> = (0..256).map(|_| 4 * (random() >> 6)).collect();
        // Two random bits, and one of four kinds of columns.
        let saved = saved(256, |at| (random() >> 6) + kinds[at % 256]);
        assert!(saved > 1.0, "{saved}");
    }

    #[test]
    fn kinds_of_rows_save_as_much_in_rows() {
        let mut random = random_bytes();
        let kinds: Vec<u8> = (0..1024).map(|_| 4 * (random() >> 6)).collect();
        let saved = saved(256, |at| (random() >> 6) + kinds[at / 256]);
        assert!(saved < -1.0, "{saved}");
    }

    #[test]
    fn smooth_columns_save_by_differences() {
        let mut random = random_bytes();
        let starts: Vec<u8> = (0..256).map(|_| random()).collect();
        // Each column goes on from a start of its own, by a step of 0 or 1 from row to row.
        let saved = saved(256, |at| {
            starts[at % 256].wrapping_add((at / 256) as u8 / 2).wrapping_add(random() & 1)
        });
        assert!(saved > 3.0, "{saved}");
    }

    /// A period of few bytes, whose columns a row of the tensor's own brings together as well.
    #[test]
    fn rows_may_be_predicted_from_above_whatever_the_columns() {
        let mut random = random_bytes();
        let data: Vec<u8> = (0..1 << 18)
            .map(|at| (random() >> 6) + [3, 50, 97, 130, 9, 200][at % 512 % 6])
            .collect();
        let orders = Orders::expect(&data, Rows { element_bytes: 1, columns: 6 }, 1, 512);
        assert!(orders.rows > orders.least_rows + 1.0, "{}, {}", orders.rows, orders.least_rows);
    }
}
