//! From an archive to some columns of a tensor.

use super::decode::decode_blob;
use super::{Archive, TensorInfo};
use crate::columns::Columns;
use crate::memory::{Room, new_filled};
use crate::tensor::rows_of;
use crate::{Decoder, Result};
use std::ops::{Range, RangeBounds};

impl Archive {
    /// Decodes some columns of some rows of a tensor to `out`: of each row, an index of the first
    /// dimension, the indices `columns` of the last one.
    ///
    /// The blob is read whole, and its checksum compared. On a CPU no more is decoded than the tiles
    /// that hold the columns, which are 512 bytes wide, such as 256 elements of BF16, where rows are
    /// multiples of that; on a GPU, and of a transposed tensor, the rows are.
    ///
    /// # Errors
    /// As [`Archive::decode_rows`]; [`crate::Error::InvalidArgument`] where the tensor has fewer than
    /// two dimensions, no such rows or columns, or elements that are no whole bytes, or `out` has
    /// another length than they have.
    pub fn decode_columns_to(
        &self,
        name: &str,
        rows: impl RangeBounds<u64>,
        columns: Range<u64>,
        decoder: &Decoder,
        out: &mut [u8],
    ) -> Result<()> {
        let number = self.number_of(name)?;
        let tensor = &self.tensors()[number];
        let place = || self.place(tensor);
        let rows = rows_of(tensor.dtype(), tensor.shape(), tensor.byte_len, &rows, place)?;
        self.decode_columns_of(number, rows, &columns, decoder, out)
    }

    /// The same by the number of the tensor and the bytes of the rows.
    pub(crate) fn decode_columns_of(
        &self,
        number: usize,
        rows: Range<u64>,
        columns: &Range<u64>,
        decoder: &Decoder,
        out: &mut [u8],
    ) -> Result<()> {
        let tensor = &self.tensors()[number];
        let place = || self.place(tensor);
        let columns = Columns::of(tensor.dtype(), tensor.shape(), &rows, columns, place)?;
        columns.check_room(out, place)?;
        if out.is_empty() {
            return Ok(());
        }
        if tensor.is_part() {
            let lines: Vec<u8> = self.decode_part(number, rows, 1, decoder)?;
            columns.cut(&lines, out);
            return Ok(());
        }
        self.decode_columns_alone(tensor, rows, &columns, decoder, out)
    }

    /// Of a tensor that lies in its blob alone.
    fn decode_columns_alone(
        &self,
        tensor: &TensorInfo,
        rows: Range<u64>,
        columns: &Columns,
        decoder: &Decoder,
        out: &mut [u8],
    ) -> Result<()> {
        let bytes = self.read_blob(tensor)?;
        let blob = self.parse_blob(tensor, &bytes)?;
        let decoded = decoder.decode_columns(&blob, columns, out);
        if decoded.map_err(|error| error.within(&self.place(tensor)))? {
            return Ok(());
        }
        let lines: Vec<u8> = new_filled(rows.end - rows.start, "rows of a tensor", |room| {
            decode_blob(self.storage_of(tensor), tensor, &blob, rows, decoder, Room::Fresh(room))
        })?;
        columns.cut(&lines, out);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::columns::Columns;
    use crate::container::Shape;
    use crate::{Archive, Blob, Decoder, DeviceChoice, Dtype, Encoder, Order, TensorView};
    use crate::{compress, compress_with};
    use std::ops::Range;

    /// Weights that are neither constant nor without any order.
    fn weights(bytes: usize) -> Vec<u8> {
        let mut state = 1u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8 & 31
        };
        (0..bytes).map(|_| next().wrapping_add(next())).collect()
    }

    /// These columns, taken from the whole tensor.
    fn expected(data: &[u8], line: usize, lines: Range<usize>, bytes: Range<usize>) -> Vec<u8> {
        data.chunks(line)
            .skip(lines.start)
            .take(lines.len())
            .flat_map(|l| &l[bytes.clone()])
            .copied()
            .collect()
    }

    #[test]
    fn columns_are_those_of_the_whole() {
        let decoder = Decoder::open(DeviceChoice::Cpu).unwrap();
        // Rows of tiles, several dimensions, a flat tensor, and one of rows that are none of tiles.
        for shape in [&[70, 768][..], &[9, 5, 256], &[300, 256], &[70, 100]] {
            let element = 2;
            let line = shape[shape.len() - 1] as usize * element;
            let in_row = shape[1..shape.len() - 1].iter().product::<u64>() as usize;
            let data = weights(shape.iter().product::<u64>() as usize * element);
            let view = TensorView::new(Dtype::BF16, shape, &data).unwrap();
            let archive = Archive::from_bytes(compress(&view).unwrap()).unwrap();
            let extent = shape[shape.len() - 1];
            for columns in [0..extent, 0..1, 3..40, extent - 1..extent, 7..7, extent / 3..extent] {
                for rows in [0..shape[0], 2..5, 0..0, shape[0] - 1..shape[0]] {
                    let bytes = columns.start as usize * element..columns.end as usize * element;
                    let lines = rows.start as usize * in_row..rows.end as usize * in_row;
                    let expected = expected(&data, line, lines, bytes);
                    let mut out = vec![1; expected.len()];
                    let name = "tensor";
                    archive
                        .decode_columns_to(name, rows.clone(), columns.clone(), &decoder, &mut out)
                        .unwrap();
                    assert!(out == expected, "{shape:?} {rows:?} {columns:?}");
                }
            }
        }
    }

    #[test]
    fn columns_that_are_not_there_are_refused() {
        let decoder = Decoder::open(DeviceChoice::Cpu).unwrap();
        let refused = |dtype, shape: &[u64], columns: Range<u64>, room: usize| {
            let data = weights(crate::byte_len(dtype, shape).unwrap() as usize);
            let view = TensorView::new(dtype, shape, &data).unwrap();
            let archive = Archive::from_bytes(compress(&view).unwrap()).unwrap();
            let mut out = vec![0; room];
            let decoded = archive.decode_columns_to("tensor", .., columns, &decoder, &mut out);
            decoded.unwrap_err().to_string()
        };
        assert!(refused(Dtype::I8, &[4, 8], 3..9, 24).contains("has no columns 3..9"));
        #[allow(clippy::reversed_empty_ranges)]
        let reversed = 3..2;
        assert!(refused(Dtype::I8, &[4, 8], reversed, 0).contains("has no columns 3..2"));
        assert!(refused(Dtype::I8, &[8], 3..4, 1).contains("fewer than two dimensions"));
        assert!(refused(Dtype::F4, &[4, 8], 2..4, 4).contains("no whole bytes"));
        assert!(refused(Dtype::I8, &[4, 8], 2..4, 7).contains("do not have 7 bytes"));
    }

    /// A tile that is not sound is an error for the columns that it holds, and no others.
    #[test]
    fn no_other_tiles_are_decoded() {
        let (decoder, shape) = (Decoder::open(DeviceChoice::Cpu).unwrap(), [40, 2048]);
        let data = weights(40 * 2048);
        let view = TensorView::new(Dtype::I8, &shape, &data).unwrap();
        let encoder = Encoder::new().tile_rows(8);
        let sound = encoder.encode(&view).unwrap();
        let (mut here, mut elsewhere) = (0, 0);
        for at in (sound.len() / 4..sound.len()).step_by(sound.len() / 97) {
            let mut blob = sound.clone();
            blob[at] ^= 16;
            let Ok(blob) = Blob::parse(&blob) else { continue };
            let bad: Vec<bool> = (0..4)
                .map(|column| {
                    let bytes = column * 512..(column + 1) * 512;
                    let columns = Columns { line_bytes: 2048, lines: 0..40, bytes };
                    decoder.decode_columns(&blob, &columns, &mut vec![0; 40 * 512]).is_err()
                })
                .collect();
            let whole = decoder.decode(&blob, &mut vec![0; 40 * 2048]);
            assert_eq!(bad.contains(&true), whole.is_err(), "{at}: {bad:?}");
            here += u32::from(bad.contains(&true));
            elsewhere += u32::from(bad.contains(&true) && bad.contains(&false));
        }
        assert!(here > 9 && elsewhere > 9, "{here} {elsewhere}");
    }

    #[test]
    fn a_transposed_tensor_has_them_too() {
        let decoder = Decoder::open(DeviceChoice::Cpu).unwrap();
        let data = weights(64 * 1024 * 2);
        let view = TensorView::new(Dtype::BF16, &[64, 1024], &data).unwrap();
        let encoder = Encoder::new().order(Order::Columns { element_bytes: 2, columns: 1024 });
        let archive = Archive::from_bytes(compress_with(&view, &encoder).unwrap()).unwrap();
        let tensor = &archive.tensors()[0];
        let blob = archive.read_blob(tensor).unwrap();
        let blob = archive.parse_blob(tensor, &blob).unwrap();
        let shape = Shape::from([64, 1024]);
        let columns = Columns::of(Dtype::BF16, &shape, &(0..data.len() as u64), &(5..600), || {
            "a tensor".to_owned()
        });
        let mut out = vec![0; 64 * 595 * 2];
        assert!(!decoder.decode_columns(&blob, &columns.unwrap(), &mut out).unwrap());
        archive.decode_columns_to("tensor", .., 5..600, &decoder, &mut out).unwrap();
        assert!(out == expected(&data, 2048, 0..64, 10..1200));
    }
}
