//! A tile's words, staged through a ring of shared memory.
//!
//! Straight reads of 16-bit words from global memory miss the first-level cache, as each step eats most of a
//! 32-byte sector; the ring is filled by copies of 16 bytes a lane that run while symbols are decoded.

use super::lanes::ALL;
use super::ptx;
use crate::launch::RING_BYTES;
use cuda_std::warp::{lane_id, sync_warp};

/// Slots of the ring: one is being read, the next is ready, two are on their way.
const SLOTS: u32 = 4;
const SLOT_WORDS: u32 = RING_BYTES / 2 / SLOTS;
/// Words of a lane's part of a slot: 16 bytes.
const COPY_WORDS: u32 = 8;

const _: () = assert!(SLOT_WORDS == 32 * COPY_WORDS);
/// Four steps of 32 lanes, the most between two calls of `prepare`, reach no further than the next slot.
const _: () = assert!(4 * 32 <= SLOT_WORDS);

/// The words of one tile, read in order.
pub struct WordRing {
    /// Address of the ring in shared memory.
    ring: u32,
    /// Device address of word 0: the tile's first word, rounded down to 16 bytes.
    global: u64,
    /// The next word.
    position: u32,
    /// The word behind the tile's last.
    end: u32,
    /// Slots that have been asked for; slot `i` holds the words from `i · SLOT_WORDS` on.
    asked: u32,
}

impl WordRing {
    /// Begins to stage the `count` words at the device address `words`.
    ///
    /// # Safety
    /// `ring` is the shared address of `RING_BYTES` bytes of the calling warp's own, 16-byte aligned. The words are
    /// readable, and so are the 16-byte units that they begin and end in. All lanes of the warp call it.
    #[inline(always)]
    pub unsafe fn new(ring: u32, words: u64, count: u32) -> Self {
        let skipped = (words % 16 / 2) as u32;
        let end = count.saturating_add(skipped);
        let mut this = Self { ring, global: words & !15, position: skipped, end, asked: 0 };
        for _ in 0..SLOTS {
            this.ask();
        }
        this.wait();
        this
    }

    /// Asks for the next slot, over the one that was read first.
    #[inline(always)]
    fn ask(&mut self) {
        let word = self.asked * SLOT_WORDS + lane_id() * COPY_WORDS;
        let inside = word < self.end;
        let global = self.global + if inside { u64::from(word) * 2 } else { 0 };
        let shared = self.ring + word * 2 % RING_BYTES;
        // SAFETY: the shared address is inside the ring; a unit that begins before the tile's end is readable.
        unsafe { ptx::copy_async(shared, global, inside) };
        ptx::commit_copies();
        self.asked += 1;
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
        if self.position / SLOT_WORDS + SLOTS > self.asked {
            // SAFETY: all lanes come here, having read the slot that is about to be overwritten.
            unsafe { sync_warp(ALL) };
            self.ask();
            self.wait();
        }
    }

    /// The word `ahead` words from the next, below 128.
    #[inline(always)]
    pub fn peek(&self, ahead: u32) -> u32 {
        // SAFETY: the address is inside the ring whatever the position.
        unsafe { ptx::load_shared_half(self.ring + (self.position + ahead) * 2 % RING_BYTES) }
    }

    /// Moves on by `count` words.
    #[inline(always)]
    pub fn advance(&mut self, count: u32) {
        self.position += count;
    }

    /// Whether exactly the tile's words have been read.
    #[inline(always)]
    pub fn is_at_end(&self) -> bool {
        self.position == self.end
    }

    /// Lets no copy run on into the next tile's.
    #[inline(always)]
    pub fn finish(&self) {
        ptx::wait_for_copies::<0>();
        // SAFETY: all lanes come here.
        unsafe { sync_warp(ALL) };
    }
}
