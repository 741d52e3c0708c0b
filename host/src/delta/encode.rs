//! Encoding of a tensor against a reference.

use super::changes::{Changes, all_differences, count_changes, narrowed, seem_few};
use super::header::{DeltaForm, DeltaHeader};
use super::rows::RowMap;
use super::width_of;
use crate::memory::{append, pad, reserve};
use crate::panic::catch_panic;
use crate::{Dtype, Encoder, Error, Order, Result, TensorView};
use wcodec_codec::format::{MIN_BAND_BYTES, Split};

/// Of so many elements no more than one may change for the changes alone to be tried.
const SURELY_SPARSE: u64 = 16;
/// Of so many elements at least one has to stay, or the changes are not tried.
const SURELY_DENSE: u64 = 2;

impl Encoder {
    /// Encodes a tensor against a reference of as many bytes, such as the same tensor before it was
    /// trained on: the delta, which [`crate::delta::Delta::parse`] reads, decodes with that alone.
    ///
    /// Profile and backend count; the options that choose how a tensor's own elements are coded do
    /// not, as other numbers are.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] where the reference has another length; [`Error::OutOfMemory`].
    ///
    /// ```
    /// use wcodec::{Decoder, DeviceChoice, Dtype, Encoder, TensorView, delta::Delta};
    ///
    /// let number = |i: u32| ((i * i % 999) as u16).to_le_bytes();
    /// let old: Vec<u8> = (0..60_000).flat_map(number).collect();
    /// let mut new = old.clone();
    /// new[1000] ^= 1;
    /// let tensor = TensorView::new(Dtype::BF16, &[300, 200], &new)?;
    /// let bytes = Encoder::new().encode_against(&tensor, &old)?;
    /// assert!(bytes.len() < 600);
    ///
    /// let mut data = old;
    /// Decoder::open(DeviceChoice::Cpu)?.apply(&Delta::parse(&bytes)?, &mut data)?;
    /// assert_eq!(data, new);
    /// # Ok::<(), wcodec::Error>(())
    /// ```
    pub fn encode_against(&self, tensor: &TensorView<'_>, reference: &[u8]) -> Result<Vec<u8>> {
        let len = tensor.data().len();
        if reference.len() != len {
            let reference = reference.len();
            return Err(Error::InvalidArgument(format!(
                "a tensor of {len} bytes against a reference of {reference}: map its rows"
            )));
        }
        self.encode_differences(tensor, reference, None, len as u64)
    }

    /// As [`Encoder::encode_against`], each row against the row of the reference that `rows` tells,
    /// which may have another number of rows.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] where the map is not one of the tensor and the reference, or cuts
    /// elements; [`Error::OutOfMemory`].
    pub fn encode_against_rows(
        &self,
        tensor: &TensorView<'_>,
        reference: &[u8],
        rows: &RowMap,
    ) -> Result<Vec<u8>> {
        rows.check(tensor.data().len() as u64, reference.len() as u64)?;
        if !rows.row_bytes().is_multiple_of(width_of(tensor.dtype()).into()) {
            let reason = format!("rows of {} bytes cut elements", rows.row_bytes());
            return Err(Error::InvalidArgument(reason));
        }
        let gathered = rows.gathered(reference)?;
        self.encode_differences(tensor, &gathered, Some(rows), reference.len() as u64)
    }

    fn encode_differences(
        &self,
        tensor: &TensorView<'_>,
        reference: &[u8],
        rows: Option<&RowMap>,
        reference_len: u64,
    ) -> Result<Vec<u8>> {
        catch_panic("encode a delta", || {
            rayon::scope(|_| {
                let against = Against {
                    encoder: self.of_parts(tensor.data().len() as u64),
                    width: width_of(tensor.dtype()),
                    tensor,
                    reference,
                    rows,
                    reference_len,
                };
                against.encode()
            })
        })
    }
}

/// A tensor and the reference for each of its elements.
struct Against<'a> {
    encoder: Encoder,
    width: u8,
    tensor: &'a TensorView<'a>,
    reference: &'a [u8],
    rows: Option<&'a RowMap>,
    /// Bytes of the reference before its rows were put to their places.
    reference_len: u64,
}

impl Against<'_> {
    fn encode(&self) -> Result<Vec<u8>> {
        let (width, data) = (self.width, self.tensor.data());
        let elements = data.len() as u64 / u64::from(width);
        let find = || Changes::find(width, data, self.reference);
        // To find few changes takes hardly longer than to count them, which many are before that.
        let few = seem_few(width, data, self.reference, SURELY_DENSE).then(find).transpose()?;
        let count = match &few {
            Some(changes) => changes.count(width),
            None => count_changes(width, data, self.reference),
        };
        if count > elements / SURELY_DENSE {
            return self.dense();
        }
        let sparse = self.sparse(few.map_or_else(find, Ok)?)?;
        if count.saturating_mul(SURELY_SPARSE) <= elements {
            return Ok(sparse);
        }
        let dense = self.dense()?;
        Ok(if sparse.len() < dense.len() { sparse } else { dense })
    }

    fn sparse(&self, changes: Changes) -> Result<Vec<u8>> {
        let gaps = self.list(1, &changes.gaps)?;
        let (stored, values) = narrowed(self.width, changes.values)?;
        let values = self.list(stored, &values)?;
        self.join(DeltaForm::Sparse, &changes.counts, &gaps, (stored, &values))
    }

    fn dense(&self) -> Result<Vec<u8>> {
        let differences = all_differences(self.width, self.tensor.data(), self.reference)?;
        let (stored, differences) = narrowed(self.width, differences)?;
        let is_whole = self.tensor.dtype().bitsize() == 8 * usize::from(self.width);
        let blob = match is_whole {
            true => integers(&self.encoder, stored, self.tensor.shape(), &differences)?,
            false => self.list(stored, &differences)?,
        };
        self.join(DeltaForm::Dense, &[], &[], (stored, &blob))
    }

    /// The blob of integers of `width` bytes, one after another.
    fn list(&self, width: u8, bytes: &[u8]) -> Result<Vec<u8>> {
        let (len, whole) = (bytes.len() as u64, self.tensor.data().len() as u64);
        let encoder = self.encoder.of_share(len, whole);
        integers(&encoder, width, &[len / u64::from(width)], bytes)
    }

    fn join(
        &self,
        form: DeltaForm,
        counts: &[u8],
        gaps: &[u8],
        (stored_width, differences): (u8, &[u8]),
    ) -> Result<Vec<u8>> {
        const WHAT: &str = "a delta";
        let rows = match self.rows {
            Some(rows) => self.list(4, &rows.to_codes()?)?,
            None => Vec::new(),
        };
        let header = DeltaHeader {
            width: self.width,
            form,
            stored_width,
            byte_len: self.tensor.data().len() as u64,
            reference_len: self.reference_len,
            row_bytes: self.rows.map(RowMap::row_bytes),
            rows_len: rows.len() as u64,
            gaps_len: gaps.len() as u64,
            differences_len: differences.len() as u64,
        };
        let mut delta = reserve(header.delta_len(), WHAT)?;
        append(&mut delta, &header.to_bytes(), WHAT)?;
        append(&mut delta, counts, WHAT)?;
        pad(&mut delta, DeltaHeader::LEN as u64 + header.segments_len(), WHAT)?;
        for part in [&rows, gaps, differences] {
            append(&mut delta, part, WHAT)?;
        }
        Ok(delta)
    }
}

/// The blob of a tensor of integers, in planes: their high bytes are nearly all the same.
fn integers(encoder: &Encoder, width: u8, shape: &[u64], bytes: &[u8]) -> Result<Vec<u8>> {
    let encoder = encoder.clone();
    let (dtype, encoder) = match width {
        1 => (Dtype::U8, encoder),
        2 => (Dtype::U16, encoder.split(Split::High16)),
        4 => (Dtype::U32, encoder.split(Split::High32)),
        _ => (Dtype::U64, encoder.order(Order::Columns { element_bytes: 1, columns: 8 })),
    };
    // Too few integers have no columns.
    let has_columns = bytes.len() as u64 >= MIN_BAND_BYTES;
    let encoder = if has_columns { encoder } else { encoder.order(Order::Rows) };
    encoder.encode(&TensorView::new(dtype, shape, bytes)?)
}
