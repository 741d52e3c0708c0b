//! A decode of some tile rows, from the bytes that they own alone.

use super::backend::Backend;
use crate::Result;
use crate::blob::{BlobFront, Parts, Places, coded_range, tile_rows_of};
use crate::memory::Room;
use crate::panic::catch_panic;
use std::ops::Range;
use wcodec_codec::format::Section;

/// A decode whose bytes are still to be read.
pub(crate) struct TileRows<'a> {
    backend: &'a Backend,
    front: &'a BlobFront<'a>,
    range: Range<u64>,
    places: Places,
    sections: Vec<Section>,
}

impl<'a> TileRows<'a> {
    /// The decode of the bytes `range` of a tensor, which are some and inside it.
    pub(super) fn new(backend: &'a Backend, front: &'a BlobFront<'a>, range: &Range<u64>) -> Self {
        let layout = front.layout();
        let places = Places::of(front, &tile_rows_of(&layout.grid, &coded_range(layout, range)));
        let sections = match backend {
            Backend::Cpu(_) => places.sections().collect(),
            #[cfg(feature = "gpu")]
            Backend::Gpu(_) => {
                let units = places.units(layout.blob_len).into_iter();
                units
                    .map(|unit| Section { offset: unit.start, len: unit.end - unit.start })
                    .collect()
            }
        };
        Self { backend, front, range: range.clone(), places, sections }
    }

    /// The places in the blob of the bytes that it needs.
    pub fn sections(&self) -> &[Section] {
        &self.sections
    }

    /// Decodes the bytes of these sections; `room` is as long as the range.
    ///
    /// # Errors
    /// [`crate::Error::Corrupt`] naming the first bad tile; [`crate::Error::OutOfMemory`];
    /// [`crate::Error::Gpu`].
    pub fn decode<'out, 's>(
        &self,
        sections: impl Iterator<Item = &'s [u8]>,
        room: Room<'out>,
    ) -> Result<&'out mut [u8]> {
        let (front, range) = (self.front, self.range.clone());
        catch_panic("decode a tensor", || match self.backend {
            Backend::Cpu(warp) => {
                let parts = Parts::read(&self.places, sections);
                crate::decode::decode_range(*warp, front, &parts, range, room)
            }
            #[cfg(feature = "gpu")]
            Backend::Gpu(gpu) => {
                let out = room.into_filled();
                let starts = self.sections.iter().map(|section| section.offset);
                let parts: Vec<_> = starts.zip(sections).collect();
                crate::gpu::decode_parts(gpu, front, &parts, range, out)?;
                Ok(out)
            }
        })
    }
}
