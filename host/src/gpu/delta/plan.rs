//! The plan of some deltas: the input of the kernels.
//!
//! Plain data, made without a device.

use super::arrays::{ArrayPlaces, Arrays, too_many};
use super::planned::PlannedDelta;
use crate::delta::beyond_segment;
use crate::gpu::decode::{GpuPlan, Place, PlanBytes, PlannedTensor, aligned_offsets};
use crate::gpu::driver::GpuContext;
use crate::{Error, Result};
use std::ops::Range;
use wcodec_kernels::delta::launch::{
    DeltaKernel, DeltaLaunch, DeltaStatus, MOST_STATUSES, SegmentTask,
};

/// The data that the launches read which decode some deltas.
///
/// The kernels work with a *workspace* on the device. It begins with what is copied there, the plan
/// of the parts ([`GpuPlan`]), and 64 bytes for each 64 KiB of the tensors; after that the gaps and
/// differences of all deltas are decoded.
pub struct GpuDeltaPlan {
    decode: GpuPlan,
    /// Where each part of the deltas lies: its blob on the device, the rest in the workspace.
    parts: Vec<Place>,
    /// The number of each delta's first part.
    first_parts: Vec<u32>,
    arrays: PlanBytes,
    /// Where in the workspace these begin.
    arrays_start: u64,
    places: ArrayPlaces,
    /// Segments of sparse deltas, in place and not, of dense ones, and of those that map rows.
    segments: [u32; 4],
    workspace_len: u64,
    /// The address of the workspace that the plan was made ready for last.
    workspace: u64,
}

impl GpuDeltaPlan {
    /// Plans to decode some deltas, in one launch for each kernel that their parts need, one that
    /// checks what these decode to, and one for each of the ways in which these are restored.
    ///
    /// Maps of rows are decoded and checked here, on the CPU.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] where an address is not aligned, or a delta that maps rows is to
    /// be decoded in place; [`Error::Corrupt`] where a map is; [`Error::OutOfMemory`].
    pub fn new(deltas: &[PlannedDelta<'_, '_>]) -> Result<Self> {
        deltas.iter().try_for_each(PlannedDelta::check)?;
        let mut planned: Vec<PlannedTensor<'_, '_>> = Vec::new();
        let mut first_parts = Vec::new();
        for delta in deltas {
            first_parts.push(planned.len() as u32);
            planned.extend(delta.parts());
        }
        let (room, parts_len) = make_room(&mut planned);
        let decode = GpuPlan::new(&planned)?;
        let mut arrays = Arrays::default();
        for (delta, &first) in deltas.iter().zip(&first_parts) {
            let count = 1 + usize::from(delta.delta.gaps().is_some());
            arrays.add(delta, &decode, first, &room[first as usize..][..count])?;
        }
        let Arrays { in_place, copied, dense, mapped, .. } = &arrays;
        let segments = [in_place, copied, dense, mapped].map(Vec::len);
        if segments.iter().sum::<usize>() + deltas.len() > i32::MAX as usize {
            return Err(too_many());
        }
        let arrays_start = decode.workspace_len();
        let (places, arrays) = arrays.lay_out(arrays_start)?;
        Ok(Self {
            parts: decode.places().to_vec(),
            decode,
            first_parts,
            arrays: PlanBytes::Pageable(arrays),
            arrays_start,
            // Too much for any device where it does not fit 64 bits.
            workspace_len: places.end.saturating_add(parts_len),
            places,
            segments: segments.map(|count| count as u32),
            workspace: 0,
        })
    }

    /// Bytes of the workspace.
    pub fn workspace_len(&self) -> u64 {
        self.workspace_len
    }

    /// Moves the plan to pinned memory, from where it is copied to the device without waiting.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`]; [`Error::Gpu`].
    pub fn pin(&mut self, context: &GpuContext) -> Result<()> {
        self.decode.pin(context)?;
        self.arrays.pin(context)
    }

    /// The place of the statuses in the workspace.
    pub fn statuses(&self) -> Range<u64> {
        self.places.statuses.clone()
    }

    /// For each delta what is wrong with it, if anything, from the bytes at
    /// [`GpuDeltaPlan::statuses`]. Nothing was written then.
    pub fn faults(&self, statuses: &[u8]) -> Vec<Option<Error>> {
        let (statuses, _) = statuses.as_chunks::<{ size_of::<DeltaStatus>() }>();
        let fault = |(delta, status): (usize, &[u8; size_of::<DeltaStatus>()])| {
            self.fault(delta, bytemuck::pod_read_unaligned(status))
        };
        statuses.iter().take(self.first_parts.len()).enumerate().map(fault).collect()
    }

    fn fault(&self, delta: usize, DeltaStatus { fault, tile }: DeltaStatus) -> Option<Error> {
        let first = self.first_parts[delta];
        match fault {
            fault if fault == DeltaStatus::SOUND.fault => None,
            0..MOST_STATUSES => {
                let statuses = self.decode.statuses_of(first..first + 1).start;
                let (part, tile) = self.decode.corrupt_tile(statuses + fault, tile);
                let place = if part == first { "the differences" } else { "the gaps" };
                Some(tile.error().within(place))
            }
            _ => Some(beyond_segment()),
        }
    }

    /// Makes the plan one for a workspace at this address.
    pub(super) fn set_workspace(&mut self, workspace: u64) -> Result<()> {
        let room = workspace.wrapping_add(self.places.end);
        let place = |part: &Place| {
            Place::new(part.blob, room.wrapping_add(part.out))
                .scratch(room.wrapping_add(part.scratch))
        };
        self.decode.relocate(&self.parts.iter().map(place).collect::<Vec<_>>())?;
        self.workspace = workspace;
        Ok(())
    }

    /// The address of the workspace that it is for.
    pub(super) fn workspace(&self) -> u64 {
        self.workspace
    }

    /// The plan of the parts, whose workspace begins with this one's.
    pub(super) fn decode(&self) -> &GpuPlan {
        &self.decode
    }

    /// What else is copied to the workspace, and the address that it is copied to.
    pub(super) fn arrays(&self) -> (u64, &[u8]) {
        (self.workspace + self.arrays_start, self.arrays.as_slice())
    }

    /// The kernels in their order, each with its blocks and its argument.
    pub(super) fn launches(&self) -> impl Iterator<Item = (DeltaKernel, u32, DeltaLaunch)> {
        let [in_place, copied, dense, mapped] = self.segments;
        let at = |place: u64| self.workspace + place;
        let delta_count = self.first_parts.len() as u32;
        let of = |segments: u64, segment_count: u32| DeltaLaunch {
            segments: at(segments),
            deltas: at(self.places.deltas),
            statuses: at(self.places.statuses.start),
            workspace: self.workspace,
            parts: at(self.places.end),
            decoded: at(self.decode.statuses().start),
            segment_count,
            delta_count,
        };
        let ArrayPlaces { sparse, dense: at_dense, mapped: at_mapped, .. } = self.places;
        let after = sparse + u64::from(in_place) * size_of::<SegmentTask>() as u64;
        let sparse_count = in_place + copied;
        let launch =
            |kernel: DeltaKernel, count, argument| (kernel, kernel.blocks(count), argument);
        [
            launch(DeltaKernel::Check, sparse_count + delta_count, of(sparse, sparse_count)),
            launch(DeltaKernel::CopyRows, mapped, of(at_mapped, mapped)),
            launch(DeltaKernel::Change, in_place, of(sparse, in_place)),
            launch(DeltaKernel::CopyAndChange, copied, of(after, copied)),
            launch(DeltaKernel::Add, dense, of(at_dense, dense)),
        ]
        .into_iter()
    }
}

/// Gives each part room for what it decodes to and for what is decoded on the way; returns where each
/// is decoded to, and the bytes of all.
fn make_room(parts: &mut [PlannedTensor<'_, '_>]) -> (Vec<u64>, u64) {
    let lengths = parts.iter().flat_map(|part| {
        [part.front.byte_len(), PlannedTensor::scratch_len(part.front, &part.tile_rows)]
    });
    let (offsets, len) = aligned_offsets(lengths);
    for (part, &[out, scratch]) in parts.iter_mut().zip(offsets.as_chunks().0) {
        (part.out, part.scratch) = (out, scratch);
    }
    (parts.iter().map(|part| part.out).collect(), len)
}
