//! A blob (FORMAT.md section 7), parsed and checked: its front, its parts, and the parts of its
//! tiles.

mod cut;
mod front;
mod parts;
mod whole;

pub(crate) use cut::{Cut, CutPiece};
pub use front::BlobFront;
pub(crate) use parts::{Part, Parts, Places, coded_range, plane_range, tile_rows_of};
pub use whole::{Blob, BlobSummary};

use crate::Error;

/// A tile that did not end as it must.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct CorruptTile {
    /// The raw plane that it is of, where that is coded as a tensor of its own.
    pub plane: Option<u8>,
    /// Its number.
    pub tile: u32,
}

impl CorruptTile {
    /// A tile of a tensor's own.
    pub(crate) fn of_tensor(tile: u32) -> Self {
        Self { plane: None, tile }
    }

    /// The error that names it.
    pub fn error(self) -> Error {
        let reason = "its states, words or exceptions do not end as they must";
        let error = Error::corrupt(format!("tile {}", self.tile), reason);
        match self.plane {
            Some(plane) => error.within(&plane_place(plane.into())),
            None => error,
        }
    }
}

/// The name of a raw plane that is coded, for errors.
pub(crate) fn plane_place(plane: usize) -> String {
    format!("raw plane {plane}")
}
