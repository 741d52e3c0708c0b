//! The exception list of a tile (FORMAT.md sections 5 and 7.5).

use crate::warp::{Lanes, Warp};

/// Walks a tile's exceptions in step with its rows.
pub struct Exceptions {
    count: u32,
    applied: u32,
    /// The next exception, while one is left.
    next: u32,
    /// Position of the next exception; beyond every row where none is left.
    position: u32,
}

impl Exceptions {
    const NOWHERE: u32 = u32::MAX;

    /// A walk over no exceptions.
    pub const NONE: Self = Self { count: 0, applied: 0, next: 0, position: Self::NOWHERE };

    /// A walk over the `count` exceptions of the warp's tile.
    #[cfg_attr(not(unoptimized), inline(always))]
    pub fn new<W: Warp>(warp: &W, count: u32) -> Self {
        let next = warp.exception(0);
        let position = if count > 0 { next & 0xFF_FFFF } else { Self::NOWHERE };
        Self { count, applied: 0, next, position }
    }

    /// Overwrites the residuals of a row that are exceptions.
    #[cfg_attr(not(unoptimized), inline(always))]
    pub fn apply<W: Warp, const N: usize>(
        &mut self,
        warp: &W,
        row: u32,
        residuals: &mut [W::Lanes; N],
    ) {
        let row_bytes = (32 * 4 * N) as u32;
        while self.position < (row + 1) * row_bytes {
            // Positions ascend, so this one is not before the row: `advance` stops a walk that goes
            // back.
            let column = self.position.wrapping_sub(row * row_bytes);
            let (lane, byte) = (column / (4 * N) as u32, column % (4 * N) as u32);
            let shift = byte % 4 * 8;
            let value = W::Lanes::splat((self.next >> 24) << shift);
            for word in 0..N {
                if word as u32 == byte / 4 {
                    let patched = W::Lanes::blend(0xFF << shift, value, residuals[word]);
                    residuals[word] = residuals[word].replace_lane(lane, patched);
                }
            }
            self.advance(warp);
        }
    }

    /// Moves to the next exception, unless none is left or its position does not ascend.
    #[cfg_attr(not(unoptimized), inline(always))]
    fn advance<W: Warp>(&mut self, warp: &W) {
        self.applied += 1;
        let behind = self.position;
        let more = self.applied < self.count;
        // The read is unconditional, of number 0 where none is left: see `Warp::exception`.
        self.next = warp.exception(self.applied * u32::from(more));
        let position = self.next & 0xFF_FFFF;
        self.position = if more && position > behind { position } else { Self::NOWHERE };
    }

    /// Returns whether all have been applied, which they are not where positions did not ascend
    /// inside the tile.
    #[cfg_attr(not(unoptimized), inline(always))]
    pub fn are_done(&self) -> bool {
        self.applied == self.count
    }
}
