//! A tensor's bytes as tiles of coded bytes and raw planes (FORMAT.md sections 2 and 3).

use super::histogram::{Counts, Histogram};
use super::spread::spread;
use rayon::prelude::*;
use wcodec_codec::format::{LANE_BYTES, LANES, ROW_BYTES, Split, TileGrid, TileRect};
use wcodec_cpu::{READ_ROWS_AHEAD, Rows, prefetch_read};

/// Bytes that are counted at a time.
const COUNTED: usize = 1 << 20;
/// Rows of a sample of a raw plane.
const SAMPLED_ROWS: usize = 256;

/// The bytes of a tensor, under one split and one tiling.
#[derive(Clone, Copy)]
pub struct TiledTensor<'a> {
    pub data: &'a [u8],
    pub split: Split,
    pub grid: TileGrid,
}

impl<'a> TiledTensor<'a> {
    /// Coded bytes in a row of a tile: 512, 256 or 128.
    pub fn columns(&self) -> usize {
        LANES * self.split.lane_elements()
    }

    /// Borrows a tile's coded bytes, if they are the tensor's own bytes and no row is ragged.
    pub fn rows_in_place(&self, rect: &TileRect) -> Option<Rows<'a>> {
        let as_they_are = self.split == Split::Byte && self.used(rect).is_multiple_of(ROW_BYTES);
        as_they_are.then(|| {
            let (start, stride) = (rect.byte_offset as usize, self.grid.row_bytes() as usize);
            let len = (rect.rows as usize - 1) * stride + ROW_BYTES;
            Rows::new(&self.data[start..][..len], ROW_BYTES, stride)
        })
    }

    /// Writes a tile's coded bytes, row after row; zeros stand for elements beyond the end of a
    /// ragged row.
    pub fn read_coded(&self, rect: &TileRect, coded: &mut Vec<u8>) {
        let columns = self.columns();
        coded.resize(rect.rows as usize * columns, 0);
        coded[self.used(rect)..].fill(0);
        for (row, out) in coded.chunks_exact_mut(columns).enumerate() {
            self.prefetch(rect, row + READ_ROWS_AHEAD);
            coded_bytes(self.split, self.row(rect, row), out);
        }
    }

    /// Bytes of a tile in a plane with `lane_bytes` bytes a lane and row.
    pub fn plane_bytes(&self, rect: &TileRect, lane_bytes: usize) -> usize {
        let last_lanes = (rect.last_row_bytes as usize).div_ceil(LANE_BYTES);
        ((rect.rows as usize - 1) * LANES + last_lanes) * lane_bytes
    }

    /// Writes a tile's bytes of raw plane `plane` as they are stored: lanes that are not present
    /// left out.
    pub fn read_raw(&self, rect: &TileRect, plane: usize, out: &mut [u8]) {
        let columns = self.columns();
        for (row, out) in out.chunks_mut(columns).enumerate() {
            self.prefetch(rect, row + READ_ROWS_AHEAD);
            let elements = self.row(rect, row);
            let (out, beyond) = out.split_at_mut(elements.len() / self.split.element_bytes());
            raw_bytes(self.split, plane, elements, out);
            beyond.fill(0);
        }
    }

    /// Coded bytes of a tile that belong to elements: all but the end of a ragged row.
    pub fn used(&self, rect: &TileRect) -> usize {
        let last_row = rect.last_row_bytes as usize / self.split.element_bytes();
        (rect.rows as usize - 1) * self.columns() + last_row
    }

    /// The value of all coded bytes, if they are equal.
    pub fn constant_coded(&self) -> Option<u8> {
        self.constant(|row, out| coded_bytes(self.split, row, out))
    }

    /// The value of raw plane `plane`, if all its bytes are equal.
    pub fn constant_raw(&self, plane: usize) -> Option<u8> {
        self.constant(|row, out| raw_bytes(self.split, plane, row, out))
    }

    /// Counts of all bytes of raw plane `plane`.
    pub fn count_raw(&self, plane: usize) -> Counts {
        let rows = self.data.par_chunks(COUNTED);
        let count = |rows: &[u8]| {
            let mut bytes = vec![0; rows.len() / self.split.element_bytes()];
            raw_bytes(self.split, plane, rows, &mut bytes);
            Histogram::of(&bytes)
        };
        Counts::sum(&rows.map(count).collect::<Vec<_>>())
    }

    /// Bytes of raw plane `plane` from rows all over the tensor, 256 at most.
    pub fn sample_raw(&self, plane: usize) -> Vec<Vec<u8>> {
        let read = |row: &[u8]| {
            let mut bytes = vec![0; row.len() / self.split.element_bytes()];
            raw_bytes(self.split, plane, row, &mut bytes);
            bytes
        };
        let row = |row: usize| {
            let (start, end) = (row * ROW_BYTES, (row + 1) * ROW_BYTES);
            read(&self.data[start..end.min(self.data.len())])
        };
        spread(self.data.len().div_ceil(ROW_BYTES), SAMPLED_ROWS).map(row).collect()
    }

    /// Gives up at the first row that differs, which is nearly always the first.
    fn constant(&self, read: impl Fn(&[u8], &mut [u8])) -> Option<u8> {
        let mut buffer = [0; ROW_BYTES];
        let mut value = None;
        for row in self.data.chunks(ROW_BYTES) {
            let bytes = &mut buffer[..row.len() / self.split.element_bytes()];
            read(row, bytes);
            let expected = *value.get_or_insert(bytes[0]);
            if bytes.iter().any(|&byte| byte != expected) {
                return None;
            }
        }
        value
    }

    /// Prefetches a row of a tile, if it has such a row.
    fn prefetch(&self, rect: &TileRect, row: usize) {
        if row < rect.rows as usize {
            prefetch_read(self.row(rect, row));
        }
    }

    /// A row of a tile, shorter than 512 bytes in a ragged last one.
    fn row(&self, rect: &TileRect, row: usize) -> &'a [u8] {
        let start = rect.byte_offset as usize + row * self.grid.row_bytes() as usize;
        let is_last = row + 1 == rect.rows as usize;
        &self.data[start..][..if is_last { rect.last_row_bytes as usize } else { ROW_BYTES }]
    }
}

/// The coded bytes of a row of elements.
pub fn coded_bytes(split: Split, row: &[u8], out: &mut [u8]) {
    match split {
        Split::Byte => out[..row.len()].copy_from_slice(row),
        Split::RotatedByte => map_bytes(row, out, |byte| byte.rotate_left(1)),
        Split::Exponent16 => map_16(row, out, |element| (element >> 7) as u8),
        Split::High16 => map_16(row, out, |element| (element >> 8) as u8),
        Split::Exponent32 => map_32(row, out, |element| (element >> 23) as u8),
        Split::High32 => map_32(row, out, |element| (element >> 24) as u8),
        _ => unreachable!("the codec is of this version"),
    }
}

/// The bytes of one raw plane of a row of elements.
fn raw_bytes(split: Split, plane: usize, row: &[u8], out: &mut [u8]) {
    match (split, plane) {
        (Split::Exponent16, _) => {
            map_16(row, out, |element| (element >> 8 & 0x80 | element & 0x7F) as u8);
        }
        (Split::High16, _) => map_16(row, out, |element| element as u8),
        (Split::Exponent32, 2) => {
            map_32(row, out, |element| (element >> 24 & 0x80 | element >> 16 & 0x7F) as u8);
        }
        _ => map_32(row, out, |element| (element >> (8 * plane)) as u8),
    }
}

fn map_bytes(row: &[u8], out: &mut [u8], op: impl Fn(u8) -> u8) {
    for (out, &byte) in out.iter_mut().zip(row) {
        *out = op(byte);
    }
}

fn map_16(row: &[u8], out: &mut [u8], op: impl Fn(u16) -> u8) {
    for (out, &element) in out.iter_mut().zip(row.as_chunks().0) {
        *out = op(u16::from_le_bytes(element));
    }
}

fn map_32(row: &[u8], out: &mut [u8], op: impl Fn(u32) -> u8) {
    for (out, &element) in out.iter_mut().zip(row.as_chunks().0) {
        *out = op(u32::from_le_bytes(element));
    }
}
