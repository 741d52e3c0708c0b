//! What the host hands to the kernels of deltas: plain numbers and device addresses, proven by it.
//!
//! What the gaps and differences of a delta decode to is believed by none of them.

use bytemuck::{Pod, Zeroable};

/// Threads of a block, which restores a segment, or checks one with each warp.
pub const SEGMENT_THREADS: u32 = 256;
/// Dynamic shared memory of a block: a sum for each of its warps.
pub const SEGMENT_SHARED_BYTES: u32 = 8 * SEGMENT_THREADS / 32;

/// The number of a row that a row of a tensor is coded against, where it is coded against zeros.
pub const NO_ROW: u32 = u32::MAX;

/// A segment of a tensor, the work of one block, or of a warp that checks it. Addresses are multiples of an element's bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct SegmentTask {
    /// The place of its first code among the bytes that parts are decoded to.
    pub gaps: u64,
    /// The place of its first difference there.
    pub differences: u64,
    /// Address of its counterpart in the reference; where rows are copied by a map that of the whole
    /// reference, and where they were that of the segment.
    pub reference: u64,
    /// Address of the segment: the same where it is restored in place.
    pub out: u64,
    /// Where rows are mapped, the bytes of its first row that are before it.
    pub inside: u64,
    /// Bytes.
    pub bytes: u32,
    /// Codes of gaps; none where each element has a difference.
    pub codes: u32,
    /// Elements that change, likewise.
    pub changes: u32,
    /// The number of its segment in the tensor.
    pub number: u32,
    /// The number of its delta.
    pub delta: u32,
    /// Where rows are mapped, the number of its first row.
    pub row: u32,
}

/// What a delta has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct DeltaTask {
    /// The place in the workspace of the number of the reference's row for each row, or
    /// [`NO_ROW`].
    pub rows: u64,
    /// Bytes of a row; 0 where rows are not mapped.
    pub row_bytes: u64,
    /// Bytes of an element: 1, 2, 4 or 8.
    pub width: u32,
    /// Bytes of a difference: 1, 2, 4 or 8, at most as many.
    pub stored_width: u32,
    /// The number of the first status of its parts that are decoded.
    pub first_status: u32,
    /// Statuses, at most [`MOST_STATUSES`].
    pub statuses: u32,
}

/// The most tensors and raw planes that the parts of a delta are decoded from.
pub const MOST_STATUSES: u32 = 16;

/// What was found wrong with a delta: kernels lower it, and restore nothing of one that has any.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct DeltaStatus {
    /// The number among its statuses of the first part with a bad tile; or [`MOST_STATUSES`] and the
    /// number of the first segment with bad gaps.
    pub fault: u32,
    /// The bad tile.
    pub tile: u32,
}

impl DeltaStatus {
    /// Nothing was found.
    pub const SOUND: Self = Self { fault: u32::MAX, tile: u32::MAX };
}

/// The argument of all kernels of deltas.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct DeltaLaunch {
    /// Address of the [`SegmentTask`]s.
    pub segments: u64,
    /// Address of the [`DeltaTask`]s.
    pub deltas: u64,
    /// Address of the [`DeltaStatus`]es.
    pub statuses: u64,
    /// Address of the workspace.
    pub workspace: u64,
    /// Address of the bytes that parts are decoded to.
    pub parts: u64,
    /// Address of the statuses of the kernels that decoded them.
    pub decoded: u64,
    /// Segments.
    pub segment_count: u32,
    /// Deltas.
    pub delta_count: u32,
}

/// A kernel of deltas.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeltaKernel {
    /// Checks segments of sparse deltas, a warp for each, and that the parts of deltas were
    /// decoded, a warp for each delta.
    Check,
    /// Copies segments of deltas that map rows, which are then restored in place.
    CopyRows,
    /// Restores segments of sparse deltas in place.
    Change,
    /// Restores segments of sparse deltas elsewhere.
    CopyAndChange,
    /// Restores segments of dense deltas.
    Add,
}

impl DeltaKernel {
    /// All of them, in the order of their launches.
    pub const ALL: [Self; 5] =
        [Self::Check, Self::CopyRows, Self::Change, Self::CopyAndChange, Self::Add];

    /// The blocks of a launch for so many segments, or segments and deltas.
    pub const fn blocks(self, count: u32) -> u32 {
        match self {
            Self::Check => count.div_ceil(SEGMENT_THREADS / 32),
            _ => count,
        }
    }

    /// Its entry point.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Check => "check_deltas",
            Self::CopyRows => "copy_mapped_rows",
            Self::Change => "make_changes",
            Self::CopyAndChange => "copy_and_make_changes",
            Self::Add => "add_differences",
        }
    }
}
