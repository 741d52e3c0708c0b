//! The steps of a part, on their way to the registers of a warp.

use super::form::{DeviceForm, Words, group_and_thread, load_step};
use crate::packed::launch::DeviceMatrix;
use core::marker::PhantomData;
use cuda_std::warp::lane_id;
use wcodec_codec::packed::{FRAGMENTS, STEP_COLUMNS, part_steps};

/// Steps that are on their way while one is multiplied.
pub const AHEAD: u32 = 2;

/// What is left of a part.
pub struct Steps<F, const N: usize> {
    /// Address of the next step.
    address: u64,
    next: u32,
    after: u32,
    lane: u32,
    form: PhantomData<F>,
}

impl<F: DeviceForm<N>, const N: usize> Steps<F, N> {
    const BYTES: u64 = F::FORM.step_bytes() as u64;

    /// The steps of a part of a block of rows.
    #[inline(always)]
    pub fn new(matrix: &DeviceMatrix, block: u32, part: u32) -> Self {
        let steps = matrix.columns.div_ceil(STEP_COLUMNS);
        let (next, after) = part_steps(part, steps);
        let before = u64::from(block) * u64::from(steps) + u64::from(next);
        let address = matrix.weights + before * Self::BYTES;
        Self { address, next, after, lane: lane_id(), form: PhantomData }
    }

    /// No steps, of a block of rows that a matrix does not have.
    #[cfg(target_feature = "sm_90")]
    #[inline(always)]
    pub fn none() -> Self {
        Self { address: 0, next: 0, after: 0, lane: lane_id(), form: PhantomData }
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

    /// The lane's words of the step that comes so many after the next; anything where there is
    /// none.
    ///
    /// # Safety
    /// The matrix is on the device.
    #[inline(always)]
    pub unsafe fn load(&self, distance: u32) -> Words<N> {
        if self.next + distance < self.after {
            let step = self.address + u64::from(distance) * Self::BYTES;
            // SAFETY: the part has the step.
            unsafe { load_step(step, self.lane) }
        } else {
            [[0; FRAGMENTS as usize]; N]
        }
    }

    /// Goes on to the step after the next.
    #[inline(always)]
    pub fn advance(&mut self) {
        self.address += Self::BYTES;
        self.next += 1;
    }
}
