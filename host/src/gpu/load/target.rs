//! The wanted parts of a source, and their places on the device.

use super::tensors::in_blob;
use crate::blob::BlobFront;
use crate::gpu::decode::PlannedTensor;
use crate::tensor::row_bytes;
use crate::{BlobInfo, BlobSource, Result};
use std::ops::Range;

/// The kernels write to multiples of this.
const OUT_ALIGN: u64 = 16;

/// A tensor that is wanted on the device, or some of its rows, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LoadTarget<'a> {
    /// The tensor's name in the source.
    pub name: &'a str,
    /// The rows that are wanted, indices of the first dimension; `None` for the whole tensor.
    pub rows: Option<Range<u64>>,
    /// The device address of their first byte. Kernels decode right to it where it is a multiple
    /// of 16 and the rows are whole rows of tiles; otherwise the bytes are copied there.
    pub address: u64,
}

impl<'a> LoadTarget<'a> {
    /// The whole tensor of this name, from this device address on.
    pub fn new(name: &'a str, address: u64) -> Self {
        Self { name, rows: None, address }
    }

    /// Sets [`LoadTarget::rows`].
    pub fn rows(mut self, rows: impl Into<Option<Range<u64>>>) -> Self {
        self.rows = rows.into();
        self
    }

    /// The tensor with its number in the source.
    pub(super) fn find(&self, source: &dyn BlobSource) -> Result<(usize, BlobInfo)> {
        let number = source.find_blob(self.name)?;
        Ok((number, source.blob_info(number)))
    }

    /// The bytes of the tensor's decoded blob that are wanted.
    pub(super) fn wanted(
        &self,
        source: &dyn BlobSource,
        tensor: &(usize, BlobInfo),
    ) -> Result<Wanted> {
        let mut bytes = in_blob(source, tensor)?;
        if let Some(rows) = &self.rows {
            let (number, BlobInfo { dtype, shape, .. }) = tensor;
            let rows = row_bytes(*dtype, shape, rows, || source.blob_place(*number))?;
            bytes = bytes.start + rows.start..bytes.start + rows.end;
        }
        Ok(Wanted { bytes, address: self.address })
    }
}

/// The bytes that are wanted of a decoded blob, and the device address of the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    pub bytes: Range<u64>,
    pub address: u64,
}

/// The way of wanted bytes to their place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// The tile rows that hold them.
    pub tile_rows: Range<u64>,
    /// The bytes of the blob that those decode to.
    pub decoded: Range<u64>,
    /// True if they are decoded to other memory first, and copied from there.
    pub is_copied: bool,
    /// Bytes of other memory for what is decoded on the way ([`PlannedTensor::scratch`]).
    pub on_the_way: u64,
}

impl Way {
    /// The way of these bytes from the blob with this front: of those of several tensors, all that
    /// lie between them are decoded once, and each is copied.
    pub fn new(wanted: &[Wanted], front: &BlobFront<'_>) -> Self {
        let some = || wanted.iter().filter(|wanted| !wanted.bytes.is_empty());
        let start = some().map(|wanted| wanted.bytes.start).min().unwrap_or(0);
        let end = some().map(|wanted| wanted.bytes.end).max().unwrap_or(start);
        let (tile_rows, decoded) = PlannedTensor::rows_of(front, &(start..end));
        let in_place =
            |wanted: &Wanted| decoded == wanted.bytes && wanted.address.is_multiple_of(OUT_ALIGN);
        let is_copied = !matches!(wanted, [one] if in_place(one));
        let on_the_way = PlannedTensor::scratch_len(front, &tile_rows);
        Self { tile_rows, decoded, is_copied, on_the_way }
    }

    /// Bytes of other memory that the decoded bytes take.
    pub fn scratch_len(&self) -> u64 {
        if self.is_copied { self.decoded.end - self.decoded.start } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::{PlaneCodec, Predictor};
    use crate::{Dtype, Encoder, TensorView};

    /// The bytes decoded for a range of 100 rows of 512 bytes, in tiles of 8 rows, and whether they
    /// are copied.
    fn way(bytes: Range<u64>, address: u64) -> (Range<u64>, Range<u64>, bool) {
        let data: Vec<u8> = (0..100 * 512u32).map(|at| (at * at % 97) as u8).collect();
        let tensor = TensorView::new(Dtype::I8, &[100, 512], &data).unwrap();
        let encoder = Encoder::new().codec(PlaneCodec::Tans8).predictor(Predictor::None);
        let blob = encoder.tile_rows(8).encode(&tensor).unwrap();
        let front = BlobFront::parse(&blob, blob.len() as u64).unwrap();
        let Way { tile_rows, decoded, is_copied, .. } =
            Way::new(&[Wanted { bytes, address }], &front);
        (tile_rows, decoded, is_copied)
    }

    #[test]
    fn whole_rows_of_tiles_are_decoded_in_place() {
        assert_eq!(way(0..51200, 16), (0..13, 0..51200, false));
        assert_eq!(way(4096..12288, 512), (1..3, 4096..12288, false));
        assert_eq!(way(49152..51200, 48), (12..13, 49152..51200, false));
    }

    #[test]
    fn the_rest_is_copied() {
        assert_eq!(way(0..51200, 8), (0..13, 0..51200, true));
        assert_eq!(way(4097..4098, 0), (1..2, 4096..8192, true));
        assert_eq!(way(512..51199, 0), (0..13, 0..51200, true));
    }

    /// Several tensors in one blob, one of them without bytes.
    #[test]
    fn what_lies_together_is_decoded_once() {
        let blob = Encoder::new()
            .codec(PlaneCodec::Tans8)
            .predictor(Predictor::None)
            .tile_rows(8)
            .encode(&TensorView::new(Dtype::I8, &[100 * 512], &vec![3; 100 * 512]).unwrap())
            .unwrap();
        let front = BlobFront::parse(&blob, blob.len() as u64).unwrap();
        let wanted = [(9000..9100, 16), (5000..5001, 48), (0..0, 64)];
        let wanted = wanted.map(|(bytes, address)| Wanted { bytes, address });
        let Way { tile_rows, decoded, is_copied, .. } = Way::new(&wanted, &front);
        assert_eq!((tile_rows, decoded, is_copied), (1..3, 4096..12288, true));
    }

    #[test]
    fn nothing_is_decoded_for_no_bytes() {
        let (tile_rows, decoded, _) = way(700..700, 0);
        assert!(tile_rows.is_empty() && decoded.is_empty());
    }
}
