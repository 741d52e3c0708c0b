//! A raw plane that has been encoded as a tensor of its own (FORMAT.md section 7.6).

use crate::Result;
use crate::blob::BlobFront;
use crate::memory::{append, pad};
use wcodec_codec::format::{
    BlobHeader, BlobLayout, CodedPlane, MAX_RAW_PLANES, PlaneHeader, Planned, Section,
};

/// The raw planes of a tensor that are coded.
pub type EncodedPlanes = [Option<EncodedPlane>; MAX_RAW_PLANES];

/// None of them.
pub const NO_PLANES: EncodedPlanes = [const { None }; MAX_RAW_PLANES];

/// A raw plane as a blob of its own, whose parts go into the tensor's blob.
pub struct EncodedPlane {
    layout: BlobLayout,
    blob: Vec<u8>,
}

impl EncodedPlane {
    /// The plane with this blob; `None` where its bytes are stored, or constant.
    pub fn new(blob: Vec<u8>) -> Result<Option<Self>> {
        let layout = BlobFront::parse_header(&blob, blob.len() as u64)?;
        Ok(layout.limits.codec.has_symbols().then_some(Self { layout, blob }))
    }

    /// The numbers from which the places of its parts follow.
    pub fn planned(&self) -> Planned {
        let BlobLayout { grid, limits, tables, .. } = self.layout;
        // A layout's tables are as long as its header says, in 32 bits.
        Planned { grid, limits, tables_len: tables.len as u32 }
    }

    pub fn tables(&self) -> &[u8] {
        self.part(self.layout.tables)
    }

    pub fn index(&self) -> &[u8] {
        self.part(self.layout.index)
    }

    /// Appends words, stored plane and exceptions to the tensor's blob, in these places.
    pub fn append_to(&self, blob: &mut Vec<u8>, places: &CodedPlane) -> Result<()> {
        let BlobLayout { words, stored_plane, exceptions, .. } = self.layout;
        let places = [places.words, places.stored_plane, places.exceptions];
        for (place, part) in places.into_iter().zip([words, stored_plane, exceptions]) {
            pad(blob, place.offset, "a blob")?;
            append(blob, self.part(part), "a blob")?;
        }
        Ok(())
    }

    /// Bytes that it takes in the tensor's blob.
    pub fn len(&self) -> u64 {
        self.layout.blob_len - (BlobHeader::LEN - PlaneHeader::LEN) as u64
    }

    fn part(&self, section: Section) -> &[u8] {
        &self.blob[section.offset as usize..][..section.len as usize]
    }
}
