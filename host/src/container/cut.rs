//! A part of a tensor, read and decoded from the bytes of its tiles alone.

use super::TensorReader;
use crate::blob::{Cut, CutPiece, tile_rows_of};
use crate::columns::Columns;
use crate::memory::{Room, new_filled};
use crate::panic::catch_panic;
use crate::{Blob, Decoder, Result};
use std::ops::Range;
use wcodec_codec::format::ROW_BYTES;

/// The tiles that hold a part of a tensor, as a blob of their own in memory: what one of several
/// devices that share a tensor reads, copies and decodes.
///
/// The part is some bytes of each of some lines; rows are one line. Checksums are of whole tensors,
/// so that none is compared: see [`TensorReader`].
#[derive(Debug, Clone)]
pub struct TensorCut {
    blob: Vec<u8>,
    lines: CutLines,
}

/// Where a part lies in what its tiles decode to.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CutLines {
    /// The byte that the first line begins at.
    pub start: u64,
    /// The number of lines.
    pub count: u64,
    /// Bytes from the beginning of one line to that of the next.
    pub line_bytes: u64,
    /// The bytes of each line that are the part's.
    pub bytes: Range<u64>,
}

impl TensorCut {
    /// The blob, which [`Blob::parse`] takes.
    pub fn blob(&self) -> &[u8] {
        &self.blob
    }

    /// The CRC-32C of the blob, for a [`crate::BlobSource`] of cuts.
    pub fn crc32c(&self) -> u32 {
        crc32c::crc32c(&self.blob)
    }

    /// Where the part lies in what the blob decodes to.
    pub fn lines(&self) -> &CutLines {
        &self.lines
    }

    /// Bytes of the part.
    pub fn byte_len(&self) -> u64 {
        self.lines.count * (self.lines.bytes.end - self.lines.bytes.start)
    }

    /// Decodes the part to `out`, which is [`TensorCut::byte_len`] long.
    ///
    /// # Errors
    /// [`crate::Error::Corrupt`] naming the first bad tile of the cut;
    /// [`crate::Error::InvalidArgument`] where `out` has another length;
    /// [`crate::Error::OutOfMemory`]; [`crate::Error::Gpu`].
    pub fn decode_to(&self, decoder: &Decoder, out: &mut [u8]) -> Result<()> {
        let blob = Blob::parse(&self.blob)?;
        let CutLines { start, count, line_bytes, bytes } = self.lines.clone();
        if count == 1 {
            return decoder.decode_range(&blob, start + bytes.start..start + bytes.end, out);
        }
        let first = start / line_bytes.max(1);
        let columns = Columns { line_bytes, lines: first..first + count, bytes };
        columns.check_room(out, || "a part of a tensor".to_owned())?;
        let is_aligned = start.is_multiple_of(line_bytes.max(1));
        if is_aligned && decoder.decode_columns(&blob, &columns, out)? {
            return Ok(());
        }
        let len = count * line_bytes;
        let lines: Vec<u8> = new_filled(len, "lines of a tensor", |room| {
            decoder.decode_room(&blob, start..start + len, Room::Fresh(room))
        })?;
        columns.cut(&lines, out);
        Ok(())
    }
}

impl TensorReader<'_> {
    /// Reads the tiles that hold a part of the tensor, and no more of it: its bytes `bytes`, or of
    /// the lines in these, each all of the last dimension, the indices `columns`. `None` where tiles
    /// cannot be taken alone, as in a transposed tensor: [`TensorReader::decode_part_to`] takes it.
    ///
    /// # Errors
    /// [`crate::Error::InvalidArgument`] where the tensor has no such part; [`crate::Error::Io`];
    /// [`crate::Error::OutOfMemory`].
    pub fn cut(&self, bytes: Range<u64>, columns: Option<Range<u64>>) -> Result<Option<TensorCut>> {
        let Some((cut, lines)) = self.cut_of(&bytes, columns.as_ref())? else { return Ok(None) };
        let blob = self.read_cut(&cut)?;
        Ok(Some(TensorCut { blob, lines }))
    }

    /// The places in the archive that [`TensorReader::cut`] reads; none where there is no cut.
    ///
    /// # Errors
    /// As [`TensorReader::cut`], which reads them.
    pub fn places(
        &self,
        bytes: Range<u64>,
        columns: Option<Range<u64>>,
    ) -> Result<Vec<Range<u64>>> {
        let Some((cut, _)) = self.cut_of(&bytes, columns.as_ref())? else { return Ok(Vec::new()) };
        let start = self.tensor().place.blob.offset;
        let copies = cut.copies().into_iter();
        Ok(copies.map(|copy| start + copy.from.start..start + copy.from.end).collect())
    }

    /// Decodes what [`TensorReader::cut`] reads, or, where there is no cut, from the tile rows that
    /// hold it: on the CPU no more is read than those.
    ///
    /// # Errors
    /// As [`TensorReader::cut`] and [`TensorCut::decode_to`].
    pub fn decode_part_to(
        &self,
        bytes: Range<u64>,
        columns: Option<Range<u64>>,
        decoder: &Decoder,
        out: &mut [u8],
    ) -> Result<()> {
        let part = self.part(&bytes, columns.as_ref())?;
        part.check_room(out, || self.place())?;
        if out.is_empty() {
            return Ok(());
        }
        if let Some(cut) = self.cut(bytes.clone(), columns.clone())? {
            return cut.decode_to(decoder, out).map_err(|error| error.within(&self.place()));
        }
        if columns.is_none() {
            return self.decode_room(bytes, decoder, Room::Filled(out)).map(drop);
        }
        let lines: Vec<u8> = self.decode_new(bytes, 1, decoder)?;
        part.cut(&lines, out);
        Ok(())
    }

    /// Reads all of a cut, its pieces by several threads at a time.
    fn read_cut(&self, cut: &Cut<'_>) -> Result<Vec<u8>> {
        let front = cut.front()?;
        let pieces = cut.pieces(&front)?;
        let read = |piece, room: &mut [u8]| match piece {
            CutPiece::Front => {
                room.copy_from_slice(&front);
                Ok(())
            }
            CutPiece::Padding => {
                room.fill(0);
                Ok(())
            }
            CutPiece::Source(start) => self.read_at(start, room),
        };
        catch_panic("read a part of a tensor", || {
            new_filled(cut.blob_len(), "a part of a compressed tensor", |room| {
                Room::Fresh(room).fill_parts(pieces.len() as u64, pieces.into_iter(), read)
            })
        })
    }

    /// The cut of a part, and where that lies in it.
    fn cut_of(
        &self,
        bytes: &Range<u64>,
        columns: Option<&Range<u64>>,
    ) -> Result<Option<(Cut<'_>, CutLines)>> {
        let part = self.part(bytes, columns)?;
        let (tile_rows, tiles, lines) = self.tiles_of(bytes, &part);
        if tile_rows.is_empty() || tiles.is_empty() {
            return Ok(None);
        }
        Ok(Cut::of(self.front(), tile_rows, tiles)?.map(|cut| (cut, lines)))
    }

    /// A part of the tensor, of which lines are counted from the tensor's first.
    fn part(&self, bytes: &Range<u64>, columns: Option<&Range<u64>>) -> Result<Columns> {
        let tensor = self.tensor();
        let place = || self.place();
        Columns::in_bytes(tensor.dtype(), tensor.shape(), tensor.byte_len(), bytes, columns, place)
    }

    /// The tile rows and columns that hold a part, and where it lies in what these decode to.
    fn tiles_of(&self, bytes: &Range<u64>, part: &Columns) -> (Range<u64>, Range<u32>, CutLines) {
        let grid = self.front().layout().grid;
        let in_blob = self.in_blob(bytes);
        let tile_rows = tile_rows_of(&grid, &in_blob);
        let start = in_blob.start - tile_rows.start * grid.tile_row_bytes();
        let count = part.lines.end - part.lines.start;
        let is_matrix = grid.columns() > 1 && grid.row_bytes() == part.line_bytes;
        let is_narrow = part.bytes.end - part.bytes.start < part.line_bytes;
        if !(is_matrix && is_narrow && self.in_blob(&(0..1)).start == 0) {
            let (line_bytes, bytes) = (part.line_bytes, part.bytes.clone());
            let lines = CutLines { start, count, line_bytes, bytes };
            return (tile_rows, 0..grid.columns(), lines);
        }
        let width = ROW_BYTES as u64;
        // As many as there are tiles side by side at most, which have 32 bits.
        let tiles = (part.bytes.start / width) as u32..part.bytes.end.div_ceil(width) as u32;
        let before = u64::from(tiles.start) * width;
        let line_bytes = tiles.len() as u64 * width;
        let start = start / part.line_bytes * line_bytes;
        let bytes = part.bytes.start - before..part.bytes.end - before;
        (tile_rows, tiles, CutLines { start, count, line_bytes, bytes })
    }
}

#[cfg(test)]
mod tests;
