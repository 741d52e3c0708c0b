//! A decode of some tile rows on the CPU, from the bytes that they own alone.

use super::cpu;
use crate::Result;
use crate::blob::{BlobFront, Parts, Places, coded_range, tile_rows_of};
use crate::memory::Room;
use crate::panic::catch_panic;
use std::ops::Range;
use wcodec_codec::format::Section;
use wcodec_cpu::CpuBackend;

/// A decode whose bytes are still to be read.
pub(crate) struct TileRows<'a> {
    warp: CpuBackend,
    front: &'a BlobFront<'a>,
    range: Range<u64>,
    places: Places,
}

impl<'a> TileRows<'a> {
    /// The decode of the bytes `range` of a tensor, which are some and inside it.
    pub fn new(warp: CpuBackend, front: &'a BlobFront<'a>, range: &Range<u64>) -> Self {
        let coded = coded_range(front.layout(), range);
        let places = Places::of(front, &tile_rows_of(&front.layout().grid, &coded));
        Self { warp, front, range: range.clone(), places }
    }
}

impl TileRows<'_> {
    /// The places in the blob of the bytes that it needs.
    pub fn sections(&self) -> impl Iterator<Item = Section> {
        self.places.sections()
    }

    /// Decodes the bytes of these sections; `room` is as long as the range.
    ///
    /// # Errors
    /// [`crate::Error::Corrupt`] naming the first bad tile; [`crate::Error::OutOfMemory`].
    pub fn decode<'out, 's>(
        &self,
        sections: impl Iterator<Item = &'s [u8]>,
        room: Room<'out>,
    ) -> Result<&'out mut [u8]> {
        let parts = Parts::read(&self.places, sections);
        catch_panic("decode a tensor", || {
            cpu::decode_range(self.warp, self.front, &parts, self.range.clone(), room)
        })
    }
}
