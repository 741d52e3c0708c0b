//! The place of each tensor: the blobs one after another with their sums, and the tensors in them.

use super::fields::{Columns, Fields};
use crate::Dtype;
use crate::container::elsewhere::Reference;
use crate::container::place::{Kind, Origin, Place, StoredBlob};
use crate::container::preamble::Preamble;
use crate::container::reference::Base;
use crate::container::{ContentHash, TensorInfo, TensorReference};
use crate::json::Fault;
use crate::memory::reserve;

/// The number of a blob in another file, until it is known.
const UNKNOWN_BLOB: u32 = u32::MAX;

/// The places that a header lists, in the order of the tensors.
pub struct Places<'a> {
    place: &'a str,
    kinds: &'a [u8],
    lengths: Columns<'a>,
    crcs: &'a [[u8; 4]],
    hashes: std::slice::Iter<'a, [u8; 8]>,
    references: std::slice::Iter<'a, [u8; 4]>,
    /// For each tensor that lies in another file which, and its number there.
    elsewhere: std::slice::Iter<'a, [u8; 8]>,
    found_elsewhere: Vec<Reference>,
    /// For each tensor that is coded against another that one.
    bases: std::slice::Iter<'a, [u8; TensorReference::LEN]>,
    /// The tensors that are in a base as they are, which have blobs of no bytes after all others.
    unchanged: u32,
    /// The shared blob of each dtype that was begun last.
    open: [Option<StoredBlob>; Dtype::ALL.len()],
    /// Decoded bytes of each blob so far.
    decoded: Vec<u64>,
    end: u64,
}

impl<'a> Places<'a> {
    /// The places of `count` tensors; `place` is the header for messages.
    pub fn new(
        count: usize,
        fields: &Fields<'a>,
        sums: &'a [u8],
        place: &'a str,
    ) -> Result<Self, Fault> {
        let kinds = fields.kinds.unwrap_or_default();
        if !kinds.is_empty() && kinds.len() != count {
            return Err(
                format!("{} bytes are not the kinds of {count} tensors", kinds.len()).into()
            );
        }
        let number = |wanted: fn(Kind) -> bool| -> Result<usize, Fault> {
            let mut number = 0;
            for &kind in kinds {
                number += usize::from(wanted(Kind::parse(kind, place)?));
            }
            Ok(number)
        };
        let blobs = if kinds.is_empty() { count } else { number(Kind::begins_a_blob)? };
        let same = number(|kind| kind == Kind::Same)?;
        let others = number(|kind| kind == Kind::Elsewhere)?;
        let (references, rest) = fields.references.unwrap_or_default().as_chunks();
        if references.len() != same || !rest.is_empty() {
            return Err(
                format!("they refer to others {} times, not {same}", references.len()).into()
            );
        }
        let (elsewhere, rest) = fields.elsewhere.unwrap_or_default().as_chunks();
        if elsewhere.len() != others || !rest.is_empty() {
            return Err(format!(
                "they refer to other files {} times, not {others}",
                elsewhere.len()
            )
            .into());
        }
        let deltas = number(|kind| kind == Kind::Against)?;
        let (bases, rest) = fields.bases.unwrap_or_default().as_chunks();
        if bases.len() != deltas || !rest.is_empty() {
            let fault = format!("they refer to bases {} times, not {deltas}", bases.len());
            return Err(fault.into());
        }
        let parts = blobs.checked_mul(4).and_then(|crcs| sums.split_at_checked(crcs));
        let (crcs, hashes) = parts.ok_or("its sums end too early")?;
        let ((crcs, _), (hashes, rest)) = (crcs.as_chunks(), hashes.as_chunks());
        if hashes.len() != count - same || !rest.is_empty() {
            let (len, tensors) = (sums.len(), count - same);
            return Err(format!(
                "{len} bytes are not the sums of {blobs} blobs and {tensors} tensors"
            )
            .into());
        }
        Ok(Self {
            place,
            kinds,
            lengths: Columns::new(fields.lengths.unwrap_or_default(), blobs)?,
            crcs,
            hashes: hashes.iter(),
            references: references.iter(),
            elsewhere: elsewhere.iter(),
            bases: bases.iter(),
            unchanged: 0,
            found_elsewhere: reserve(others as u64, "the tensors in other files")?,
            open: [None; Dtype::ALL.len()],
            decoded: reserve(blobs as u64, "the lengths of blobs")?,
            end: Preamble::LEN,
        })
    }

    /// The place of the tensor that follows `before`.
    pub fn next(
        &mut self,
        before: &[TensorInfo],
        dtype: Dtype,
        byte_len: u64,
    ) -> Result<Place, Fault> {
        let kind = match self.kinds.get(before.len()) {
            Some(&kind) => Kind::parse(kind, self.place)?,
            None => Kind::Alone,
        };
        let blob = match kind {
            Kind::Same => return self.same(before, byte_len),
            Kind::Elsewhere => return self.elsewhere(before.len() as u32),
            Kind::Unchanged => return self.unchanged(byte_len),
            Kind::Alone | Kind::Against => self.next_blob()?,
            Kind::First => {
                let blob = self.next_blob()?;
                self.open[dtype as usize] = Some(blob);
                blob
            }
            Kind::Follows => {
                self.open[dtype as usize].ok_or("it follows no other in a shared blob")?
            }
        };
        let decoded = &mut self.decoded[blob.number as usize];
        let start = *decoded;
        *decoded = start.checked_add(byte_len).ok_or("a shared blob exceeds 2^64 bytes")?;
        let base = match kind {
            Kind::Against => {
                let base = self.bases.next().ok_or("it refers to no base")?;
                Some(Base::Delta(TensorReference::from_bytes(*base)))
            }
            _ => None,
        };
        Ok(Place { blob, start, hash: self.next_hash()?, origin: Origin::Own, base })
    }

    /// The place of a tensor that a base has, whose blob is numbered once those of all others are.
    fn unchanged(&mut self, decoded: u64) -> Result<Place, Fault> {
        let number = self.unchanged;
        self.unchanged += 1;
        let blob = StoredBlob { offset: Preamble::LEN, length: 0, crc32c: 0, number, decoded };
        let (hash, base) = (self.next_hash()?, Some(Base::Unchanged));
        Ok(Place { blob, start: 0, hash, origin: Origin::Own, base })
    }

    fn next_hash(&mut self) -> Result<ContentHash, Fault> {
        let hash = self.hashes.next().ok_or("its sums end too early")?;
        Ok(ContentHash::from_le_bytes(*hash))
    }

    /// The place of a tensor in another file, as far as it is known before that is opened.
    fn elsewhere(&mut self, tensor: u32) -> Result<Place, Fault> {
        let [file, number] = match self.elsewhere.next().map(|reference| reference.as_chunks()) {
            Some(([file, number], _)) => [file, number].map(|bytes| u32::from_le_bytes(*bytes)),
            _ => return Err("it refers to no other file".into()),
        };
        self.found_elsewhere.push(Reference { tensor, file, number });
        let blob = StoredBlob { offset: 0, length: 0, crc32c: 0, number: UNKNOWN_BLOB, decoded: 0 };
        let (hash, origin) = (self.next_hash()?, Origin::Elsewhere(file));
        Ok(Place { blob, start: 0, hash, origin, base: None })
    }

    /// The tensors that lie in other files.
    pub fn into_elsewhere(self) -> Vec<Reference> {
        self.found_elsewhere
    }

    fn next_blob(&mut self) -> Result<StoredBlob, Fault> {
        let (number, offset) = (self.decoded.len(), self.end);
        let length = self.lengths.get(number);
        self.end = offset.checked_add(length).ok_or("its blobs end beyond 2^64 bytes")?;
        self.decoded.push(0);
        let crc32c = u32::from_le_bytes(self.crcs[number]);
        Ok(StoredBlob { offset, length, crc32c, number: number as u32, decoded: 0 })
    }

    /// The place of an earlier tensor that has bytes of its own.
    fn same(&mut self, before: &[TensorInfo], byte_len: u64) -> Result<Place, Fault> {
        let back = self.references.next().map_or(0, |back| u32::from_le_bytes(*back));
        let number = before.len().checked_sub(back as usize).filter(|_| back > 0);
        let other = number.map(|number| (number, &before[number]));
        let other = other.filter(|(_, info)| info.place.origin == Origin::Own);
        match other.filter(|(_, info)| info.byte_len == byte_len) {
            Some((number, info)) => Ok(Place { origin: Origin::Same(number as u32), ..info.place }),
            None => Err(format!("{back} before it is no tensor with its bytes").into()),
        }
    }

    /// Checks that the last blob ends where the stored header begins, and tells the tensors how long
    /// their blobs are, once all are known.
    pub fn finish(&self, tensors: &mut [TensorInfo], blobs_end: u64) -> Result<(), Fault> {
        if self.end != blobs_end {
            let end = self.end;
            return Err(format!("the last blob ends at byte {end}, not at {blobs_end}").into());
        }
        let here = |tensor: &&mut TensorInfo| tensor.place.blob.number != UNKNOWN_BLOB;
        for tensor in tensors.iter_mut().filter(here) {
            let blob = &mut tensor.place.blob;
            match tensor.place.base {
                Some(Base::Unchanged) => blob.number += self.decoded.len() as u32,
                _ => blob.decoded = self.decoded[blob.number as usize],
            }
        }
        Ok(())
    }
}
