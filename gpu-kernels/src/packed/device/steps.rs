//! The steps of a part, on their way to the registers of a warp: before sm_90, which has rings in
//! shared memory for them.

use super::form::{DeviceForm, Words, group_and_thread, load_step};
use crate::packed::launch::{DeviceMatrix, Places};
use core::marker::PhantomData;
use cuda_std::warp::lane_id;
use wcodec_codec::packed::{FRAGMENTS, STEP_COLUMNS, part_steps};

/// What is left of a part, of one block of rows.
pub struct Steps<F, const N: usize, const BLOCKS: usize> {
    /// Address of the next step.
    address: u64,
    next: u32,
    after: u32,
    lane: u32,
    /// The step that was taken, and the next two.
    words: [Words<N>; 3],
    form: PhantomData<F>,
}

impl<F: DeviceForm<N>, const N: usize, const BLOCKS: usize> Steps<F, N, BLOCKS> {
    const BYTES: u64 = F::FORM.step_bytes() as u64;

    /// Asks for the first steps of a part of a block of rows, which the matrix has.
    ///
    /// # Safety
    /// The matrix is on the device.
    #[inline(always)]
    pub unsafe fn new(
        _shared: u32,
        _places: &Places,
        matrix: &DeviceMatrix,
        block: u32,
        part: u32,
    ) -> Self {
        let steps = matrix.columns.div_ceil(STEP_COLUMNS);
        let (next, after) = part_steps(part, steps);
        let before = u64::from(block) * u64::from(steps) + u64::from(next);
        let address = matrix.weights + before * Self::BYTES;
        const { assert!(BLOCKS == 1) };
        let none = [[0; FRAGMENTS as usize]; N];
        let words = [none; 3];
        let mut this = Self { address, next, after, lane: lane_id(), words, form: PhantomData };
        // SAFETY: the caller's condition.
        this.words = unsafe { [none, this.load(0), this.load(1)] };
        this
    }

    /// Goes back to the first steps of a part.
    ///
    /// # Safety
    /// As [`Steps::new`].
    #[inline(always)]
    pub unsafe fn restart(&mut self, matrix: &DeviceMatrix, block: u32, part: u32) {
        // SAFETY: the caller's condition.
        *self = unsafe { Self::new(0, &Places::default(), matrix, block, part) };
    }

    /// Returns whether there is a next step.
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

    /// The lane's words of the step that comes so many after the next; anything where there is
    /// none.
    ///
    /// # Safety
    /// The matrix is on the device.
    #[inline(always)]
    unsafe fn load(&self, distance: u32) -> Words<N> {
        if self.next + distance < self.after {
            let step = self.address + u64::from(distance) * Self::BYTES;
            // SAFETY: the part has the step.
            unsafe { load_step(step, self.lane) }
        } else {
            [[0; FRAGMENTS as usize]; N]
        }
    }

    /// Takes the next step, which there is, and asks for another one.
    ///
    /// # Safety
    /// The matrix is on the device.
    #[inline(always)]
    pub unsafe fn take(&mut self) {
        // SAFETY: the caller's condition.
        let last = unsafe { self.load(2) };
        let [_, now, next] = self.words;
        self.words = [now, next, last];
        self.address += Self::BYTES;
        self.next += 1;
    }

    /// The calling lane's words of the step that was taken.
    ///
    /// # Safety
    /// None.
    #[inline(always)]
    pub unsafe fn words(&self, _block: usize) -> Words<N> {
        self.words[0]
    }

    /// Nothing: registers need no release.
    ///
    /// # Safety
    /// None.
    #[inline(always)]
    pub unsafe fn release(&mut self) {}
}
