//! Deltas to decode, and where they, their references and tensors lie on the device.

use crate::delta::Delta;
use crate::gpu::decode::PlannedTensor;
use crate::{Error, Result};

/// What the blobs of a delta begin at multiples of.
const ALIGN: u64 = 16;

/// A delta to decode, and where it lies on the device.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct PlannedDelta<'a, 'b> {
    /// The delta.
    pub delta: &'a Delta<'b>,
    /// Device address of its bytes, 16-byte aligned.
    pub bytes: u64,
    /// Device address of the reference, a multiple of the bytes of an element: 1, 2, 4 or 8.
    /// Multiples of 16, which all allocations begin at, are copied faster.
    pub reference: u64,
    /// Device address of the tensor, likewise: that of the reference where it is decoded in place.
    pub out: u64,
}

impl<'a, 'b> PlannedDelta<'a, 'b> {
    /// A delta at one device address whose reference is at another, and is to be decoded to a third.
    pub fn new(delta: &'a Delta<'b>, bytes: u64, reference: u64, out: u64) -> Self {
        Self { delta, bytes, reference, out }
    }

    /// A delta that is decoded in place: at `data` is the reference, and then the tensor.
    pub fn in_place(delta: &'a Delta<'b>, bytes: u64, data: u64) -> Self {
        Self::new(delta, bytes, data, data)
    }

    /// The blobs that are decoded for it, the differences first as where a CPU decodes it; `out` and
    /// scratch memory of each are to be set.
    pub(super) fn parts(&self) -> impl Iterator<Item = PlannedTensor<'_, 'b>> {
        let (gaps, differences) = self.delta.gaps_and_differences();
        let part = |blob: &'a crate::Blob<'b>, offset: u64| {
            PlannedTensor::whole(blob.front(), self.bytes.wrapping_add(offset), 0)
        };
        let differences = part(self.delta.differences(), differences);
        let gaps = self.delta.gaps().map(|blob| part(blob, gaps));
        std::iter::once(differences).chain(gaps)
    }

    /// Checks that the kernels take the addresses.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`].
    pub(super) fn check(&self) -> Result<()> {
        let width = u64::from(self.delta.widths().0);
        for (what, address, align) in [
            ("a delta", self.bytes, ALIGN),
            ("a reference", self.reference, width),
            ("a tensor", self.out, width),
        ] {
            if !address.is_multiple_of(align) {
                let reason = format!("{what} at {address:#x}, which is no multiple of {align}");
                return Err(Error::InvalidArgument(reason));
            }
        }
        if self.delta.has_row_map() && self.reference == self.out {
            let reason = "a delta that maps rows cannot be decoded in place: decode it to a buffer \
                of its own";
            return Err(Error::InvalidArgument(reason.to_owned()));
        }
        Ok(())
    }
}
