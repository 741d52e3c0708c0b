//! Parts of tensors that are coded against those of bases.

use super::Bases;
use crate::columns::Columns;
use crate::container::Archive;
use crate::tensor::rows_of;
use crate::{Decoder, Result};
use std::ops::{Range, RangeBounds};

impl Bases {
    /// Decodes rows of a tensor of an archive, or of these the indices `columns` of the last dimension,
    /// to `out`, which has their length. Of a tensor that is coded against another all is decoded.
    ///
    /// # Errors
    /// As [`Bases::decode`]; [`crate::Error::InvalidArgument`] where there are no such rows or columns,
    /// or `out` has another length.
    pub fn decode_part_to(
        &self,
        archive: &Archive,
        name: &str,
        rows: impl RangeBounds<u64>,
        columns: Option<Range<u64>>,
        decoder: &Decoder,
        out: &mut [u8],
    ) -> Result<()> {
        let number = archive.number_of(name)?;
        let tensor = &archive.tensors()[number];
        let place = || archive.place(tensor);
        let (dtype, shape, len) = (tensor.dtype(), tensor.shape(), tensor.byte_len());
        let bytes = rows_of(dtype, shape, len, &rows, place)?;
        let part = Columns::in_bytes(dtype, shape, len, &bytes, columns.as_ref(), place)?;
        part.check_room(out, place)?;
        let decoded = self.decode_number(archive, number, decoder)?;
        part.cut(&decoded[bytes.start as usize..bytes.end as usize], out);
        Ok(())
    }
}
