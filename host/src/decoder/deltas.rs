//! From a delta and its reference to the tensor.

use super::Decoder;
use crate::delta::{Delta, Differences, RowMap};
use crate::memory::resize;
use crate::panic::catch_panic;
use crate::{Blob, Error, Result};

impl Decoder {
    /// Decodes a delta with its reference; `reference` and `out` have the lengths that the delta
    /// tells. Whether the reference is the right one is not known here.
    ///
    /// The parts are decoded on the decoder's device, and added to the reference by the CPU.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] where a length is another; [`Error::Corrupt`];
    /// [`Error::OutOfMemory`]. `out` is as it was then.
    pub fn decode_against(
        &self,
        delta: &Delta<'_>,
        reference: &[u8],
        out: &mut [u8],
    ) -> Result<()> {
        check_len("a reference", delta.reference_len(), reference.len())?;
        check_len("a buffer", delta.byte_len(), out.len())?;
        catch_panic("decode a delta", || {
            let differences = self.differences(delta)?;
            match self.row_map(delta)? {
                Some(rows) => rows.gather(reference, out),
                None => out.copy_from_slice(reference),
            }
            differences.add_to(out);
            Ok(())
        })
    }

    /// Decodes a delta in place: `data` is the reference, and then the tensor. Bytes that do not
    /// change are not written.
    ///
    /// # Errors
    /// As [`Decoder::decode_against`]; [`Error::InvalidArgument`] where the delta maps rows.
    pub fn apply(&self, delta: &Delta<'_>, data: &mut [u8]) -> Result<()> {
        check_len("a reference", delta.reference_len(), data.len())?;
        if delta.has_row_map() {
            let reason = "a delta that maps rows cannot be decoded in place: decode it to a buffer \
                of its own";
            return Err(Error::InvalidArgument(reason.to_owned()));
        }
        catch_panic("apply a delta", || {
            self.differences(delta)?.add_to(data);
            Ok(())
        })
    }

    /// Decodes the differences of a delta, and checks all of it that can be wrong.
    pub(crate) fn differences(&self, delta: &Delta<'_>) -> Result<Differences> {
        let stored = self.part(delta.differences(), "the differences")?;
        let gaps = delta.gaps().map(|gaps| self.part(gaps, "the gaps")).transpose()?;
        Differences::new(delta, stored, gaps)
    }

    fn row_map(&self, delta: &Delta<'_>) -> Result<Option<RowMap>> {
        let Some((blob, _)) = delta.rows() else { return Ok(None) };
        let codes = self.part(blob, "the map of rows")?;
        delta.row_map_of(&codes)
    }

    fn part(&self, blob: &Blob<'_>, what: &'static str) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        resize(&mut bytes, blob.byte_len(), "a part of a delta")?;
        self.decode(blob, &mut bytes).map_err(|error| error.within(what))?;
        Ok(bytes)
    }
}

fn check_len(what: &str, expected: u64, actual: usize) -> Result<()> {
    if expected == actual as u64 {
        return Ok(());
    }
    let reason = format!("{what} of {actual} bytes for a delta that needs one of {expected}");
    Err(Error::InvalidArgument(reason))
}
