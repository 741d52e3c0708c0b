//! The plan of a call: what the kernels read that the host knows.
//!
//! Plain data, made without a device.

use super::extent::TensorExtent;
use super::tensor::{BlobPlace, TensorToEncode, check};
use crate::gpu::decode::aligned_offsets;
use crate::{Error, Result};
use std::ops::Range;
use wcodec_codec::format::{
    BlobHeader, BlobLayout, PlaneCodec, Planned, ROW_BYTES, SpanLimits, Split, TileGrid,
};
use wcodec_kernels::encode::launch::{
    EncodeJob, EncodeLaunch, EncodeTable, EncodedPlace, GROUP_TILES, Kernel,
};

/// The data that the launches read which encode some tensors.
///
/// The kernels work with a *workspace* on the device, which begins as [`GpuEncodePlan::as_bytes`].
/// It takes 15 KiB for each tensor, and for each of their tiles the most bytes that its words and
/// exceptions can take: about 1.6 times the tensors' coded bytes.
pub struct GpuEncodePlan {
    /// The tensors, those with elements of one size after each other.
    jobs: Vec<EncodeJob>,
    /// The number of each tensor's job.
    job_of_tensor: Vec<usize>,
    /// The groups of tiles of each size of elements.
    code: [(usize, Range<u32>); 3],
    arrays: EncodeLaunch,
    /// The numbers that must be 0 before a launch, and those that tell where blobs lie.
    counts: Range<u64>,
    places: Range<u64>,
    workspace_len: u64,
}

impl GpuEncodePlan {
    /// Plans to encode some tensors.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] where a tensor's bytes are no whole elements, an address is not
    /// aligned, a buffer too small, or there are more than 2^32 tiles in all.
    pub fn new(tensors: &[TensorToEncode]) -> Result<Self> {
        let extents = tensors.iter().map(check).collect::<Result<Vec<_>>>()?;
        let mut order: Vec<usize> = (0..tensors.len()).collect();
        order.sort_by_key(|&tensor| extents[tensor].split.element_bytes());
        let mut job_of_tensor = vec![0; tensors.len()];
        let mut jobs = Vec::with_capacity(tensors.len());
        let mut next = Next::default();
        let mut code = [1, 2, 4].map(|bytes| (bytes, 0..0));
        for (job, &tensor) in order.iter().enumerate() {
            job_of_tensor[tensor] = job;
            let extent = &extents[tensor];
            let first = next.group;
            jobs.push(next.job(&tensors[tensor], extent)?);
            let size = extent.split.element_bytes().ilog2() as usize;
            let groups = &mut code[size].1;
            let start = if groups.start == groups.end { first } else { groups.start };
            *groups = start..next.group;
        }
        let (count, tiles) = (jobs.len() as u64, u64::from(next.tile));
        let lengths = [
            count * size_of::<EncodeJob>() as u64,
            count * 8 * 256,
            count * 8 * 256,
            count * size_of::<EncodeTable>() as u64,
            tiles * 4,
            tiles * 8,
            tiles * 4,
            tiles * 4,
            count * size_of::<EncodedPlace>() as u64,
            next.slots,
            next.exception_slots,
        ];
        let (offsets, workspace_len) = aligned_offsets(lengths.into_iter());
        #[rustfmt::skip]
        let [
            jobs_at, samples, counts, tables, tile_words, tile_starts, tile_exceptions,
            exception_starts, places, slots, exception_slots,
        ] = offsets[..] else {
            unreachable!("an offset for each length")
        };
        #[rustfmt::skip]
        let arrays = EncodeLaunch {
            jobs: jobs_at, samples, counts, tables, tile_words, tile_starts,
            tile_exceptions, exception_starts, places, slots, exception_slots,
            job_count: jobs.len() as u32, first_group: 0, round: 0, padding: 0,
        };
        let places = places..places + lengths[8];
        Ok(Self {
            jobs,
            job_of_tensor,
            code,
            arrays,
            counts: samples..tables,
            places,
            workspace_len,
        })
    }

    /// The content of the workspace's first bytes before the first launch.
    pub fn as_bytes(&self) -> &[u8] {
        bytemuck::cast_slice(&self.jobs)
    }

    /// Bytes of the workspace.
    pub fn workspace_len(&self) -> u64 {
        self.workspace_len
    }

    /// The place in the workspace of the numbers that tell where the blobs lie.
    pub fn places(&self) -> Range<u64> {
        self.places.clone()
    }

    /// Where the blob of each tensor lies, from the bytes at [`GpuEncodePlan::places`].
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] where there are more bytes than that, or fewer.
    pub fn read_places(&self, bytes: &[u8]) -> Result<Vec<BlobPlace>> {
        let expected = self.jobs.len() * size_of::<EncodedPlace>();
        if bytes.len() != expected {
            let reason = format!("the places of blobs take {expected} bytes, not {}", bytes.len());
            return Err(Error::InvalidArgument(reason));
        }
        let place = |&job: &usize| {
            let bytes = &bytes[job * size_of::<EncodedPlace>()..][..size_of::<EncodedPlace>()];
            let EncodedPlace { offset, len, .. } = bytemuck::pod_read_unaligned(bytes);
            BlobPlace { offset, len }
        };
        Ok(self.job_of_tensor.iter().map(place).collect())
    }

    /// The place in the workspace of the numbers that must be 0 before a launch.
    pub(super) fn counts(&self) -> Range<u64> {
        self.counts.clone()
    }

    /// The kernels in their order, each with its number of blocks and its argument, for a workspace
    /// at this address.
    pub(super) fn launches(
        &self,
        workspace: u64,
    ) -> impl Iterator<Item = (Kernel, u32, EncodeLaunch)> {
        let jobs = self.jobs.len() as u32;
        let launch = self.arrays.at(workspace);
        let groups = self.code.iter().map(|(_, groups)| groups.end - groups.start).sum();
        let code = |kernel: fn(usize) -> Kernel, launch: EncodeLaunch| {
            self.code.clone().map(|(element_bytes, groups)| {
                let launch = EncodeLaunch { first_group: groups.start, ..launch };
                (kernel(element_bytes), groups.end - groups.start, launch)
            })
        };
        let round = |round: u32| {
            let launch = EncodeLaunch { round, ..launch };
            [(Kernel::Count, groups, launch), (Kernel::Tables, jobs, launch)]
                .into_iter()
                .chain(code(Kernel::code, launch))
                .chain([(Kernel::Place, jobs, launch)])
        };
        [(Kernel::Sample, groups, launch), (Kernel::Choose, jobs, launch)]
            .into_iter()
            .chain(round(0))
            .chain(round(1))
            .chain(code(Kernel::store, launch))
            .chain([(Kernel::Gather, groups, launch)])
    }
}

/// The numbers of the next tensor.
#[derive(Default)]
struct Next {
    tile: u32,
    group: u32,
    slots: u64,
    exception_slots: u64,
}

impl Next {
    fn job(&mut self, tensor: &TensorToEncode, extent: &TensorExtent) -> Result<EncodeJob> {
        let TensorExtent { split, grid, extent, slot_words } = extent;
        let tiles = grid.tile_count();
        let ragged = grid.ragged_bytes();
        let job = EncodeJob {
            source: tensor.address,
            raw: tensor.buffer + extent.lead(),
            buffer: tensor.buffer,
            slots: self.slots,
            exception_slots: self.exception_slots,
            plane_len: extent.plane_len,
            rows: grid.rows(),
            padding: 0,
            header: header(*split, *grid)?,
            first_tile: self.tile,
            first_group: self.group,
            tiles,
            tile_rows: grid.tile_rows(),
            slot_words: *slot_words,
            last_row_bytes: if ragged == 0 { ROW_BYTES as u32 } else { ragged },
            split: *split as u32,
            tile_exceptions: extent.tile_exceptions,
        };
        let too_many = || Error::InvalidArgument("more than 2^32 tiles: encode fewer".into());
        self.tile = self.tile.checked_add(tiles).ok_or_else(too_many)?;
        // Fewer than there are tiles, or one more where there are few.
        self.group += tiles.div_ceil(GROUP_TILES);
        // A slot has fewer than 2^18 bytes, and there are below 2^32.
        self.slots += u64::from(tiles) * u64::from(*slot_words) * 4;
        self.exception_slots += u64::from(tiles) * u64::from(extent.tile_exceptions) * 4;
        Ok(job)
    }
}

/// The header of a tensor's blob, but for what is known last.
fn header(split: Split, grid: TileGrid) -> Result<[u32; 16]> {
    let codec = PlaneCodec::Const;
    let limits = SpanLimits { codec, table_count: 0, word_count: 0, exception_count: 0 };
    let own = Planned { grid, limits, tables_len: 0 };
    let layout = BlobLayout::plan(split, own, [None; 3], [None; 3])
        .map_err(|invalid| Error::InvalidArgument(invalid.to_string()))?;
    Ok(bytemuck::cast(BlobHeader { blob_len: [0; 8], ..layout.header() }))
}
