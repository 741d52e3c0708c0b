//! The steps of a part, on their way to the shared memory of a warp.
//!
//! The bulk copy engine fetches them. So they take no registers, and as many are on their way as
//! there are places, whatever the warp does.

use super::form::{DeviceForm, Words, group_and_thread};
use super::ptx;
use super::unroll::each;
use crate::packed::launch::{DeviceMatrix, Places};
use core::marker::PhantomData;
use cuda_std::thread;
use cuda_std::warp::{lane_id, sync_warp};
use wcodec_codec::packed::{LANES, STEP_COLUMNS, fragment, part_steps};

/// What is left of a part, of `BLOCKS` blocks of rows.
pub struct Steps<F, const N: usize, const BLOCKS: usize> {
    /// Shared address of the warp's first place, and of the first one's barrier.
    places: u32,
    barriers: u32,
    depth: u32,
    /// Address of the first block's step that is fetched next, bytes from there to that of the next
    /// block, how many blocks the matrix has of these, and how many steps are not fetched.
    address: u64,
    stride: u64,
    blocks: u32,
    unfetched: u32,
    next: u32,
    after: u32,
    /// The place of the next step, and whether its barrier is at an odd use.
    place: u32,
    parity: u32,
    lane: u32,
    form: PhantomData<F>,
}

impl<F: DeviceForm<N>, const N: usize, const BLOCKS: usize> Steps<F, N, BLOCKS> {
    const BYTES: u32 = F::FORM.step_bytes();
    /// Bytes of a place.
    const PLACE: u32 = BLOCKS as u32 * Self::BYTES;

    /// Fetches the first steps of a part of some blocks of rows; none where the matrix has none of
    /// the blocks. In the place of a block that it does not have is anything.
    ///
    /// # Safety
    /// All lanes of the warp call it, once. The matrix is on the device, and the block of threads
    /// has the shared memory that the places take from `shared` on.
    #[inline(always)]
    pub unsafe fn new(
        shared: u32,
        places: &Places,
        matrix: &DeviceMatrix,
        block: u32,
        part: u32,
    ) -> Self {
        let warp = thread::thread_idx_x() / LANES;
        let mut this = Self {
            places: shared + warp * places.depth * Self::PLACE,
            barriers: shared + places.barriers_at + warp * places.depth * Places::BARRIER,
            depth: places.depth,
            address: 0,
            stride: 0,
            blocks: 0,
            unfetched: 0,
            next: 0,
            after: 0,
            place: 0,
            parity: 0,
            lane: lane_id(),
            form: PhantomData,
        };
        // SAFETY: the caller's condition.
        unsafe {
            this.make_barriers();
            this.restart(matrix, block, part);
        }
        this
    }

    /// Makes the barriers of all places.
    ///
    /// # Safety
    /// As [`Steps::new`].
    #[inline(always)]
    unsafe fn make_barriers(&mut self) {
        // SAFETY: the caller's condition.
        unsafe {
            if self.lane == 0 {
                let mut place = 0;
                while place < self.depth {
                    ptx::make_barrier(self.barriers + Places::BARRIER * place);
                    place += 1;
                }
                ptx::show_barriers();
            }
            sync_warp(u32::MAX);
        }
    }

    /// Fetches the first steps of a part, as many as there are places for, after all steps of
    /// another one were released.
    ///
    /// # Safety
    /// As [`Steps::new`], but that it is called any number of times; nothing reads or writes the
    /// places any more.
    #[inline(always)]
    pub unsafe fn restart(&mut self, matrix: &DeviceMatrix, block: u32, part: u32) {
        let steps = matrix.columns.div_ceil(STEP_COLUMNS);
        let (next, after) = part_steps(part, steps);
        let before = u64::from(block) * u64::from(steps) + u64::from(next);
        self.blocks = matrix.blocks().saturating_sub(block).min(BLOCKS as u32);
        let count = if self.blocks > 0 { after - next } else { 0 };
        self.address = matrix.weights + before * u64::from(Self::BYTES);
        self.stride = u64::from(steps) * u64::from(Self::BYTES);
        (self.next, self.after, self.unfetched) = (next, next + count, count);
        // From the next place on, around to it.
        let mut place = self.place;
        let mut left = self.depth;
        while left > 0 {
            // SAFETY: the caller's condition.
            unsafe { self.fetch(place) };
            place = if place + 1 == self.depth { 0 } else { place + 1 };
            left -= 1;
        }
    }

    /// Whether there is a next step.
    #[inline(always)]
    pub fn are_left(&self) -> bool {
        self.next < self.after
    }

    /// The calling lane's first column of the next step.
    #[inline(always)]
    pub fn column(&self) -> u32 {
        let (_, thread) = group_and_thread(self.lane);
        self.next * STEP_COLUMNS + 16 * thread
    }

    /// Starts to fetch a step, if one is left.
    ///
    /// # Safety
    /// Nothing reads the place any more.
    #[inline(always)]
    unsafe fn fetch(&mut self, place: u32) {
        if self.unfetched == 0 {
            return;
        }
        if self.lane == 0 {
            let target = self.places + place * Self::PLACE;
            let barrier = self.barriers + Places::BARRIER * place;
            // SAFETY: the part has the step, and the warp the place.
            unsafe {
                ptx::expect(barrier, self.blocks * Self::BYTES);
                each::<BLOCKS>(|block| {
                    if block == 0 || (block as u32) < self.blocks {
                        let source = self.address + block as u64 * self.stride;
                        let target = target + block as u32 * Self::BYTES;
                        ptx::fetch(target, source, Self::BYTES, barrier);
                    }
                });
            }
        }
        self.address += u64::from(Self::BYTES);
        self.unfetched -= 1;
    }

    /// Waits for the next step, which there is. Then come [`Steps::words`] and [`Steps::release`].
    ///
    /// # Safety
    /// All lanes of the warp call it.
    #[inline(always)]
    pub unsafe fn take(&mut self) {
        ptx::wait_for_barrier(self.barriers + Places::BARRIER * self.place, self.parity);
        self.next += 1;
    }

    /// The calling lane's words of the step that was taken, of one of the blocks.
    ///
    /// # Safety
    /// A step was taken, and not released.
    #[inline(always)]
    pub unsafe fn words(&self, block: usize) -> Words<N> {
        let step = self.places + self.place * Self::PLACE + block as u32 * Self::BYTES;
        let mut words = [[0; 4]; N];
        for word in 0..N {
            let offset = fragment::word_offset(word as u32, self.lane, 0);
            // SAFETY: the lane's words lie inside the step, on a multiple of 16 bytes.
            words[word] = unsafe { ptx::load_shared_wide(step + offset) };
        }
        words
    }

    /// Fetches another step to the place of the one that was taken, after its words were used: so
    /// no lane can still be reading it.
    ///
    /// # Safety
    /// All lanes of the warp call it.
    #[inline(always)]
    pub unsafe fn release(&mut self) {
        // SAFETY: all lanes have read the step.
        unsafe {
            sync_warp(u32::MAX);
            self.fetch(self.place);
        }
        self.place += 1;
        if self.place == self.depth {
            (self.place, self.parity) = (0, self.parity ^ 1);
        }
    }
}
