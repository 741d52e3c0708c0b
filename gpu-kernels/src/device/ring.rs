//! A tile's words, staged through a ring of shared memory.
//!
//! Straight reads from global memory eat most of a 32-byte sector a step, and wait for it; the ring
//! is filled by copies of 16 bytes a lane that run while symbols are decoded.

use super::ptx;
use crate::launch::{WORD_SLOT_BYTES, WarpMemory};
use cuda_std::warp::lane_id;
use wcodec_codec::format::{LANE_WORDS, LANES, MAX_SPARE_WORDS};

/// A lane's part of a slot.
const COPY_BYTES: u32 = 16;
/// More words than a tile of the most rows takes.
const MOST_WORDS: u32 = 1 << 24;

const _: () = assert!(WORD_SLOT_BYTES == LANES as u32 * COPY_BYTES);

/// The words of one tile, read in order.
pub struct WordRing {
    memory: WarpMemory,
    /// Address of the ring in shared memory, a multiple of its size.
    ring: u32,
    /// Place of the next word in the ring, in bytes and counted on where the ring begins anew.
    position: u32,
    /// Place of the slot that is asked for next, counted likewise.
    asked: u32,
    /// Device address of the lane's part of that slot.
    global: u64,
    /// Bytes of the tile's words from there on.
    left: i32,
    /// The lanes below the calling one, as bits.
    lanes_below: u32,
}

impl WordRing {
    /// Begins to stage the `count` words at the device address `words`.
    ///
    /// # Safety
    /// `ring` is the shared address of a ring of the calling warp's own, a multiple of its size,
    /// which is not 0. The words are readable, and so are the 16-byte units that they begin and end
    /// in. All lanes of the warp call it.
    #[inline(always)]
    pub unsafe fn new(memory: WarpMemory, ring: u32, words: u64, count: u32) -> Self {
        let skipped = (words % 16) as u32;
        let lane_bytes = lane_id() * COPY_BYTES;
        let mut this = Self {
            memory,
            ring,
            position: ptx::uniform(skipped),
            asked: 0,
            global: (words & !15) + u64::from(lane_bytes),
            // A tile has fewer than 2^20 words, or more than are ever read.
            left: (if count < MOST_WORDS { count } else { MOST_WORDS } * 4 + skipped) as i32
                - lane_bytes as i32,
            lanes_below: (1 << lane_id()) - 1,
        };
        while this.asked < memory.ring_bytes {
            this.ask();
        }
        this
    }

    /// Asks for the next slot, over one that has been read.
    #[inline(always)]
    fn ask(&mut self) {
        let count = if self.left < 0 { 0 } else { self.left as u32 };
        let count = if count < COPY_BYTES { count } else { COPY_BYTES };
        let shared = self.ring + self.asked % self.memory.ring_bytes + lane_id() * COPY_BYTES;
        // SAFETY: the shared address is inside the ring; a unit that begins before the tile's end
        // is readable.
        unsafe { ptx::copy_async_zeros_behind(shared, self.global, count) };
        self.asked += WORD_SLOT_BYTES;
        self.global += u64::from(WORD_SLOT_BYTES);
        self.left -= WORD_SLOT_BYTES as i32;
    }

    /// Asks for the words of the rows ahead; all lanes have read the words of the rows before.
    #[inline(always)]
    pub fn begin_row(&mut self) {
        for _ in 0..self.memory.slots_a_row {
            if self.position + self.memory.words_ahead > self.asked {
                // Waits for nothing: it keeps the assembler from making the branch, rarely taken, a
                // row of predicated instructions, which are always issued.
                ptx::wait_for_copies::<15>();
                self.ask();
            }
        }
    }

    /// Takes the next 32 words, one for each lane.
    #[inline(always)]
    pub fn take_row(&mut self) -> u32 {
        let place = (self.position + lane_id() * 4) % self.memory.ring_bytes;
        self.position += 4 * LANES as u32;
        // SAFETY: the address is inside the ring whatever the position.
        unsafe { ptx::load_shared(self.ring + place) }
    }

    /// [`wcodec_codec::warp::Warp::shift_in`].
    #[inline(always)]
    pub fn shift_in(&mut self, before: u32, read: u32, words: &mut [u32; LANE_WORDS]) {
        let Self { position, ring, lanes_below, .. } = *self;
        let mask = self.memory.ring_bytes - 4;
        // SAFETY: all lanes come here, and the ring is theirs.
        let taking =
            unsafe { ptx::shift_in(before, read, words, position, mask, ring, lanes_below) };
        self.position += 4 * taking.count_ones();
    }

    /// Returns whether all the tile's words have been read, and no more zeros after them than a
    /// sound tile reads.
    #[inline(always)]
    pub fn is_at_end(&self) -> bool {
        let end = self.left + self.asked as i32 + (lane_id() * COPY_BYTES) as i32;
        (self.position as i32 - end) as u32 <= 4 * MAX_SPARE_WORDS as u32
    }
}
