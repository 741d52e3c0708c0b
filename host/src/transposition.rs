//! Moves the elements of bands (FORMAT.md section 2.1), both ways.

use crate::Result;
use crate::memory::Room;
use std::ops::Range;
use wcodec_codec::format::{Band, Transposition};

/// Rows of a piece, which a thread moves at a time: enough that the elements which it takes of a
/// column fill cache lines.
const PIECE_ROWS: u64 = 64;
/// Columns that are moved together, so that the cache lines of a row are filled at once.
const MOVED_COLUMNS: usize = 16;

/// Part of a band: so many of its bytes from this one on.
struct Piece {
    band: Band,
    from: u64,
}

/// Restores the bytes `range` of a tensor from the columns of the bands around it, which begin at
/// byte `start` of the tensor; `room` is as long as the range.
pub fn restore_rows<'out>(
    order: &Transposition,
    range: Range<u64>,
    columns: &[u8],
    start: u64,
    room: Room<'out>,
) -> Result<&'out mut [u8]> {
    let count = (range.end - range.start) / (PIECE_ROWS * order.row_bytes()) + 4;
    room.fill_parts(count, pieces(order, range), |Piece { band, from }, out| {
        let columns = &columns[(band.start - start) as usize..];
        restore_piece(&band, columns, from, out);
        Ok(())
    })
}

/// The columns of all bands of a tensor; `columns` is as long as it.
pub fn take_columns(order: &Transposition, tensor: &[u8], columns: &mut [u8]) {
    let len = tensor.len() as u64;
    rayon::scope(|scope| {
        let mut rest = columns;
        for band in order.bands(0..len) {
            let (own, after) = rest.split_at_mut((band.end() - band.start) as usize);
            rest = after;
            let rows = &tensor[band.start as usize..band.end() as usize];
            // A band with its rows as columns, and its columns as rows.
            let turned = Band { start: 0, rows: band.columns, columns: band.rows, ..band };
            let turn = move |_: &rayon::Scope<'_>| restore_piece(&turned, rows, 0, own);
            scope.spawn(turn);
        }
    });
}

/// Cuts a range at the ends of bands, and these every [`PIECE_ROWS`] rows: the length of each
/// piece, and the piece.
fn pieces(order: &Transposition, range: Range<u64>) -> impl Iterator<Item = (usize, Piece)> + '_ {
    order.bands(range.clone()).flat_map(move |band| {
        let (start, end) = (range.start.max(band.start), range.end.min(band.end()));
        let bytes = PIECE_ROWS * band.row_bytes();
        let mut at = start - band.start;
        let end = end - band.start;
        std::iter::from_fn(move || {
            let next = ((at / bytes + 1) * bytes).min(end);
            let piece = Piece { band, from: at };
            let len = (next - at) as usize;
            at = next;
            (len > 0).then_some((len, piece))
        })
    })
}

/// Restores the bytes of a band's rows from byte `from` on, by way of a buffer where they begin or
/// end inside a row.
fn restore_piece(band: &Band, columns: &[u8], from: u64, out: &mut [u8]) {
    let row_bytes = band.row_bytes();
    let (skip, end) = (from % row_bytes, from + out.len() as u64);
    let (first, last) = (from / row_bytes, end.div_ceil(row_bytes));
    if skip == 0 && end.is_multiple_of(row_bytes) {
        return move_elements(band, columns, first as usize, out);
    }
    let mut rows = vec![0; ((last - first) * row_bytes) as usize];
    move_elements(band, columns, first as usize, &mut rows);
    out.copy_from_slice(&rows[skip as usize..][..out.len()]);
}

fn move_elements(band: &Band, columns: &[u8], first_row: usize, out: &mut [u8]) {
    match band.element_bytes {
        1 => move_sized::<1>(band, columns, first_row, out),
        2 => move_sized::<2>(band, columns, first_row, out),
        4 => move_sized::<4>(band, columns, first_row, out),
        _ => move_sized::<8>(band, columns, first_row, out),
    }
}

/// Whole rows from `first_row` on, of elements of `N` bytes.
fn move_sized<const N: usize>(band: &Band, columns: &[u8], first_row: usize, out: &mut [u8]) {
    let (columns, out) = (columns.as_chunks::<N>().0, out.as_chunks_mut::<N>().0);
    let (height, width) = (band.rows as usize, band.columns as usize);
    let rows = out.len() / width;
    for left in (0..width).step_by(MOVED_COLUMNS) {
        let together = MOVED_COLUMNS.min(width - left);
        let sources: [&[[u8; N]]; MOVED_COLUMNS] = std::array::from_fn(|column| {
            let column = left + column.min(together - 1);
            &columns[column * height + first_row..][..rows]
        });
        for (row, out) in out.chunks_exact_mut(width).enumerate() {
            for (out, source) in out[left..left + together].iter_mut().zip(&sources) {
                *out = source[row];
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wcodec_codec::format::TileGrid;

    fn order(len: u64, element_bytes: u8, columns: u32, band_rows: u32) -> Transposition {
        let grid = TileGrid::new(len, 512, 8).unwrap();
        Transposition::new(&grid, element_bytes, columns, band_rows).unwrap()
    }

    /// FORMAT.md section 2.1, an element at a time.
    fn columns_by_hand(order: &Transposition, tensor: &[u8]) -> Vec<u8> {
        let elements: Vec<&[u8]> = tensor.chunks(order.element_bytes().into()).collect();
        let (columns, band_rows) = (order.columns() as usize, order.band_rows() as usize);
        let whole = elements.len() / columns * columns;
        let mut moved = Vec::new();
        for band in elements[..whole].chunks(columns * band_rows) {
            for column in 0..columns {
                moved.extend(band.chunks(columns).map(|row| row[column]));
            }
        }
        moved.extend(&elements[whole..]);
        moved.concat()
    }

    #[track_caller]
    fn check(order: &Transposition, tensor: &[u8]) {
        let mut columns = vec![0; tensor.len()];
        take_columns(order, tensor, &mut columns);
        assert!(columns == columns_by_hand(order, tensor), "{order:?}");
        let len = tensor.len();
        for range in [0..len, 0..1, len - 1..len, len / 3..len / 3 * 2, 5..5] {
            let bytes = range.start as u64..range.end as u64;
            let around = order.around(&bytes);
            let part = &columns[around.start as usize..around.end as usize];
            let mut out = vec![0xAA; range.len()];
            let room = Room::Filled(&mut out);
            restore_rows(order, bytes, part, around.start, room).unwrap();
            assert!(out == tensor[range], "{order:?}");
        }
    }

    /// One band and several, with a short one after them, and elements after the last row.
    #[test]
    fn columns_are_taken_and_rows_restored() {
        for element_bytes in [1, 2, 4, 8] {
            for (columns, band_rows) in [(2, 8192), (7, 2400), (33, 500), (4096, 4)] {
                let row = columns as usize * usize::from(element_bytes);
                let band = row * band_rows as usize;
                for len in [band, band * 5 / 2 / row * row, band + 3 * row + row / 2 / 8 * 8] {
                    let tensor: Vec<u8> = (0..len).map(|at| (at * at / 7 + at) as u8).collect();
                    check(&order(len as u64, element_bytes, columns, band_rows), &tensor);
                }
            }
        }
    }
}
