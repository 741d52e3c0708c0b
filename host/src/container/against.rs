//! Tensors that are coded against those of a base.

use super::decode::check_hash;
use super::{Archive, TensorInfo};
use crate::delta::Delta;
use crate::memory::{append, resize};
use crate::source::check_byte_len;
use crate::{Decoder, Error, Result};

impl Archive {
    /// Returns whether some of its tensors are coded against those of a base, which decoding them
    /// takes.
    pub fn needs_base(&self) -> bool {
        self.tensors().iter().any(|tensor| tensor.reference().is_some())
    }

    /// Decodes a tensor that is coded against another ([`TensorInfo::reference`]) with that one's
    /// bytes, and checks the hashes of both.
    ///
    /// # Errors
    /// As [`Archive::decode_tensor`]; [`Error::BaseNeeded`] where `reference` is another tensor;
    /// [`Error::InvalidArgument`] where the tensor needs none.
    pub fn decode_against(
        &self,
        name: &str,
        reference: &[u8],
        decoder: &Decoder,
    ) -> Result<Vec<u8>> {
        let mut copy = Vec::new();
        append(&mut copy, reference, "a reference")?;
        self.decode_with(self.number_of(name)?, copy, decoder)
    }

    /// The same of the tensor of this number, in the memory of the reference where that is enough.
    pub(crate) fn decode_with(
        &self,
        number: usize,
        mut reference: Vec<u8>,
        decoder: &Decoder,
    ) -> Result<Vec<u8>> {
        let tensor = &self.tensors()[number];
        let storage = self.storage_of(tensor);
        let Some(wanted) = tensor.reference() else {
            let reason = format!("{} is coded against no other", storage.place_of(tensor));
            return Err(Error::InvalidArgument(reason));
        };
        if !wanted.is(&reference) {
            let reason = "the tensor that was given is another";
            return Err(tensor.needs_base(storage.place_of(tensor), reason));
        }
        if tensor.is_unchanged() {
            return Ok(reference);
        }
        let bytes = storage.read_blob(tensor)?;
        let delta = self.parse_delta(tensor, &bytes)?;
        let place = || storage.place_of(tensor);
        let decoded = match delta.has_row_map() {
            true => {
                let mut out = Vec::new();
                resize(&mut out, tensor.byte_len, "a decoded tensor")?;
                decoder.decode_against(&delta, &reference, &mut out).map(|()| out)
            }
            false => decoder.apply(&delta, &mut reference).map(|()| reference),
        };
        let decoded = decoded.map_err(|error| error.within(&place()))?;
        check_hash(storage, tensor, &decoded)?;
        Ok(decoded)
    }

    /// Parses the blob of a tensor that is a delta, and checks that it has the lengths that the header
    /// says.
    ///
    /// # Errors
    /// [`Error::Corrupt`] naming the tensor.
    pub fn parse_delta<'a>(&self, tensor: &TensorInfo, bytes: &'a [u8]) -> Result<Delta<'a>> {
        let place = || self.place(tensor);
        let delta = Delta::parse(bytes).map_err(|error| error.within(&place()))?;
        check_byte_len(tensor.byte_len, delta.byte_len(), place)?;
        match tensor.reference() {
            Some(reference) if reference.byte_len() == delta.reference_len() => Ok(delta),
            _ => Err(Error::corrupt(place(), "its delta has a reference of another length")),
        }
    }
}
