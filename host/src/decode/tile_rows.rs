//! Tile rows to be decoded on the CPU from no more than what they own.

use super::cpu;
use super::parts::{Parts, Places};
use super::{Backend, BlobFront, Decoder};
use crate::Result;
use crate::memory::Room;
use crate::panic::catch_panic;
use std::ops::Range;
use wcodec_codec::format::Section;
use wcodec_cpu::CpuBackend;

/// A decode that has yet to be given its bytes.
pub(crate) struct TileRows<'a> {
    warp: CpuBackend,
    front: &'a BlobFront<'a>,
    range: Range<u64>,
    places: Places,
}

impl Decoder {
    /// The decode of the bytes `range` of a tensor, which are some and inside it; `None` where the
    /// device takes whole blobs.
    pub(crate) fn tile_rows<'a>(
        &self,
        front: &'a BlobFront<'a>,
        range: &Range<u64>,
    ) -> Option<TileRows<'a>> {
        match &self.backend {
            #[cfg(feature = "gpu")]
            Backend::Gpu(_) => None,
            Backend::Cpu(warp) => {
                let places = Places::of(front, &cpu::tile_rows(&front.layout().grid, range));
                Some(TileRows { warp: *warp, front, range: range.clone(), places })
            }
        }
    }
}

impl TileRows<'_> {
    /// Where in the blob the bytes lie that it needs.
    pub fn sections(&self) -> [Section; 6] {
        self.places.sections()
    }

    /// Decodes the bytes of these sections; `room` is as long as the range.
    ///
    /// # Errors
    /// [`crate::Error::Corrupt`] naming the first bad tile; [`crate::Error::OutOfMemory`].
    pub fn decode<'out>(&self, sections: [&[u8]; 6], room: Room<'out>) -> Result<&'out mut [u8]> {
        let parts = Parts::read(&self.places, sections);
        catch_panic("decode a tensor", || {
            cpu::decode_range(self.warp, self.front, &parts, self.range.clone(), room)
        })
    }
}
