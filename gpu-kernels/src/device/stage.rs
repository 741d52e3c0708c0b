//! The rows of a tile's stored planes, staged through a ring of shared memory.
//!
//! A row of all planes is one copy of 16 bytes a lane, some rows ahead of the one that is decoded.
//! Loads to registers would not do: where a branch follows, the machine waits for them, so that
//! none can be more than a few instructions ahead.

use super::lanes::GpuLanes;
use super::ptx;
use crate::launch::{TileTask, WarpMemory};
use cuda_std::warp::lane_id;
use wcodec_codec::format::{LANE_BYTES, LANES, PlaneCodec};

/// A lane's part of a row of all planes.
const COPY_BYTES: u32 = 16;

/// The rows of one tile's planes, coded before raw.
pub struct PlaneStage {
    memory: WarpMemory,
    /// Shared address of the ring.
    ring: u32,
    /// Bytes of the stored plane in a row.
    coded_bytes: u32,
    /// Bytes of each raw plane in a row.
    raw_bytes: u32,
    /// Device address of the 16 bytes that the lane copies of row 0, and their distance to those of
    /// row 1.
    global: u64,
    stride: u32,
    /// Rows that it copies them of.
    rows: u32,
}

impl PlaneStage {
    /// Points the stage at a tile and begins to copy the first rows.
    ///
    /// # Safety
    /// `ring` is the shared address of `stage_bytes` of the calling warp's own, 16-byte aligned.
    /// The task's planes are readable up to the end of the 16 bytes that they end in. All lanes of
    /// the warp call it.
    #[inline(always)]
    pub unsafe fn new(
        memory: WarpMemory,
        ring: u32,
        task: &TileTask,
        codec: PlaneCodec,
        lane_elements: usize,
    ) -> Self {
        let coded_bytes = (LANES * codec.stored_plane_bytes(lane_elements)) as u32;
        let raw_bytes = (LANES * lane_elements) as u32;
        let at = lane_id() * COPY_BYTES;
        let mut this = Self { memory, ring, coded_bytes, raw_bytes, global: 0, stride: 0, rows: 0 };
        if at < coded_bytes {
            this.copies(task, task.stored_plane, at, coded_bytes);
        }
        for plane in 0..LANE_BYTES / lane_elements - 1 {
            let start = coded_bytes + plane as u32 * raw_bytes;
            if start <= at && at < start + raw_bytes {
                if task.planes >> plane & 1 == 0 {
                    this.copies(task, task.raw_planes[plane], at - start, raw_bytes);
                } else {
                    this.fill(task.plane_constants[plane]);
                }
            }
        }
        for row in 0..memory.rows_ahead {
            this.ask(row);
        }
        this
    }

    /// Makes the lane copy the bytes from `at` on of each row of a plane.
    #[inline(always)]
    fn copies(&mut self, task: &TileTask, plane: u64, at: u32, row_bytes: u32) {
        // A short last row has the bytes of the lanes that are present.
        let present = u32::from(task.last_row_bytes).div_ceil(LANE_BYTES as u32);
        let in_last = at < present * (row_bytes / LANES as u32);
        self.global = plane + u64::from(at);
        self.stride = row_bytes;
        self.rows = u32::from(task.rows) - 1 + u32::from(in_last);
    }

    /// Writes the lane's bytes of a constant plane, once for all rows.
    #[inline(always)]
    fn fill(&self, constant: u8) {
        let word = u32::from(constant) * 0x0101_0101;
        for slot in 0..self.memory.rows_ahead + 1 {
            let address = self.slot(slot) + lane_id() * COPY_BYTES;
            // SAFETY: the lane's part of a slot.
            unsafe { ptx::store_shared_4(address, [word; 4]) };
        }
    }

    /// Shared address of a row.
    #[inline(always)]
    fn slot(&self, row: u32) -> u32 {
        self.ring + row % (self.memory.rows_ahead + 1) * self.memory.row_bytes
    }

    #[inline(always)]
    fn ask(&self, row: u32) {
        let shared = self.slot(row) + lane_id() * COPY_BYTES;
        let global = ptx::multiply_add_wide(row, self.stride, self.global);
        // SAFETY: the lane's part of a slot; the plane has the row.
        unsafe { ptx::copy_async_if(row < self.rows, shared, global) };
    }

    /// Asks for the row that is as far ahead of `row` as rows are; all lanes have read the row
    /// before.
    #[inline(always)]
    pub fn begin_row(&self, row: u32) {
        if self.memory.row_bytes > 0 {
            self.ask(row + self.memory.rows_ahead);
        }
    }

    /// The lane's words of the stored plane.
    #[inline(always)]
    pub fn load_stored<const N: usize>(&self, row: u32) -> [GpuLanes; N] {
        load(self.slot(row) + lane_id() * 4 * N as u32)
    }

    /// The lane's two bytes of the stored plane.
    #[inline(always)]
    pub fn load_stored_half(&self, row: u32) -> GpuLanes {
        // SAFETY: inside the ring.
        GpuLanes(unsafe { ptx::load_shared_half(self.slot(row) + lane_id() * 2) })
    }

    /// The lane's byte of the stored plane.
    #[inline(always)]
    pub fn load_stored_quarter(&self, row: u32) -> GpuLanes {
        // SAFETY: inside the ring.
        GpuLanes(unsafe { ptx::load_shared_byte(self.slot(row) + lane_id()) })
    }

    /// The lane's words of a raw plane.
    #[inline(always)]
    pub fn load_raw<const N: usize>(&self, plane: usize, row: u32) -> [GpuLanes; N] {
        let start = self.slot(row) + self.coded_bytes + plane as u32 * self.raw_bytes;
        load(start + lane_id() * 4 * N as u32)
    }
}

/// `N` words at a shared address.
#[inline(always)]
fn load<const N: usize>(address: u32) -> [GpuLanes; N] {
    let mut lanes = [GpuLanes(0); N];
    // SAFETY: the callers' addresses are inside the ring, and aligned to `N` words.
    unsafe {
        if N == 4 {
            copy_words(&mut lanes, ptx::load_shared_4(address));
        } else if N == 2 {
            copy_words(&mut lanes, ptx::load_shared_2(address));
        } else {
            copy_words(&mut lanes, [ptx::load_shared(address)]);
        }
    }
    lanes
}

/// Equal lengths under two names: the callers' branches on `N` are decided when the kernel is
/// compiled.
#[inline(always)]
fn copy_words<const N: usize, const M: usize>(lanes: &mut [GpuLanes; N], words: [u32; M]) {
    for word in 0..N {
        lanes[word].0 = words[word];
    }
}
