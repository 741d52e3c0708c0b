//! A tile's words, staged through a ring of shared memory.
//!
//! Straight reads from global memory eat most of a 32-byte sector a step, and wait for it; the ring is filled by copies of
//! 16 bytes a lane that run while symbols are decoded.

use super::lanes::ALL;
use super::ptx;
use crate::format::{LANE_WORDS, LANES, MAX_SPARE_WORDS};
use crate::launch::RING_BYTES;
use cuda_std::warp::{lane_id, sync_warp};

/// Slots of the ring: one is being read, the next is ready, two are on their way.
const SLOTS: u32 = 4;
const SLOT_BYTES: u32 = RING_BYTES / SLOTS;
/// A lane's part of a slot.
const COPY_BYTES: u32 = 16;
/// More words than a tile of the most rows takes.
const MOST_WORDS: u32 = 1 << 24;

const _: () = assert!(SLOT_BYTES == LANES as u32 * COPY_BYTES && RING_BYTES.is_power_of_two());
/// Two slots have a tile's first words, wherever in 16 bytes they begin; and four steps, in which a lane takes two words at
/// most, reach no further than the next slot.
const _: () = assert!((4 * LANE_WORDS * LANES) as u32 + COPY_BYTES <= 2 * SLOT_BYTES);
const _: () = assert!(2 * 4 * LANES as u32 <= SLOT_BYTES);

/// The words of one tile, read in order.
pub struct WordRing {
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
    /// `ring` is the shared address of `RING_BYTES` bytes of the calling warp's own, a multiple of that number. The words
    /// are readable, and so are the 16-byte units that they begin and end in. All lanes of the warp call it.
    #[inline(always)]
    pub unsafe fn new(ring: u32, words: u64, count: u32) -> Self {
        let skipped = (words % 16) as u32;
        let lane_bytes = lane_id() * COPY_BYTES;
        let mut this = Self {
            ring,
            position: ptx::uniform(skipped),
            asked: 0,
            global: (words & !15) + u64::from(lane_bytes),
            // A tile has fewer than 2^20 words, or more than are ever read.
            left: (if count < MOST_WORDS { count } else { MOST_WORDS } * 4 + skipped) as i32
                - lane_bytes as i32,
            lanes_below: (1 << lane_id()) - 1,
        };
        for _ in 0..SLOTS {
            this.ask();
        }
        this.wait();
        this
    }

    /// Asks for the next slot, over the one that was read first.
    #[inline(always)]
    fn ask(&mut self) {
        let count = if self.left < 0 { 0 } else { self.left as u32 };
        let count = if count < COPY_BYTES { count } else { COPY_BYTES };
        let shared = self.ring + self.asked % RING_BYTES + lane_id() * COPY_BYTES;
        // SAFETY: the shared address is inside the ring; a unit that begins before the tile's end is readable.
        unsafe { ptx::copy_async(shared, self.global, count) };
        ptx::commit_copies();
        self.asked += SLOT_BYTES;
        self.global += u64::from(SLOT_BYTES);
        self.left -= SLOT_BYTES as i32;
    }

    /// Waits for all slots but the last two asked for: for the one being read and the one behind it.
    #[inline(always)]
    fn wait(&self) {
        ptx::wait_for_copies::<2>();
        // SAFETY: all lanes come here. Each waited for its own copies; now it sees the others'.
        unsafe { sync_warp(ALL) };
    }

    /// Makes the words of the next four steps ready.
    #[inline(always)]
    pub fn prepare(&mut self) {
        // From here on fewer than a slot and the next are ready.
        if self.position + (SLOTS - 1) * SLOT_BYTES >= self.asked {
            // SAFETY: all lanes come here, having read the slot that is about to be overwritten.
            unsafe { sync_warp(ALL) };
            self.ask();
            self.wait();
        }
    }

    /// Takes the next 32 words, one for each lane.
    #[inline(always)]
    pub fn take_row(&mut self) -> u32 {
        let place = (self.position + lane_id() * 4) % RING_BYTES;
        self.position += 4 * LANES as u32;
        // SAFETY: the address is inside the ring whatever the position.
        unsafe { ptx::load_shared(self.ring + place) }
    }

    /// [`crate::warp::Warp::shift_in`].
    #[inline(always)]
    pub fn shift_in(&mut self, before: u32, read: u32, words: &mut [u32; LANE_WORDS]) {
        // SAFETY: all lanes come here, and the ring is theirs.
        let taking = unsafe {
            let Self { position, ring, lanes_below, .. } = *self;
            ptx::shift_in::<{ RING_BYTES - 4 }>(before, read, words, position, ring, lanes_below)
        };
        self.position += 4 * taking.count_ones();
    }

    /// Whether all the tile's words have been read, and no more zeros behind them than a sound tile reads.
    #[inline(always)]
    pub fn is_at_end(&self) -> bool {
        let end = self.left + self.asked as i32 + (lane_id() * COPY_BYTES) as i32;
        (self.position as i32 - end) as u32 <= 4 * MAX_SPARE_WORDS as u32
    }

    /// Lets no copy run on into the next tile's.
    #[inline(always)]
    pub fn finish(&self) {
        ptx::wait_for_copies::<0>();
        // SAFETY: all lanes come here.
        unsafe { sync_warp(ALL) };
    }
}
