//! What the host hands to the decode kernels: plain numbers at device addresses, proven by the host.
//!
//! The kernels believe these structures and nothing else; what they read of a blob they check themselves.

use crate::format::{PlaneCodec, SpanLimits, Split, Table, TileGrid};
use bytemuck::{Pod, Zeroable};
use core::num::NonZeroU32;

/// A tensor to decode. Addresses are device addresses, each with room for what the blob's layout says.
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
#[repr(C)]
pub struct TensorJob {
    /// Address of the tile index, 4-byte aligned.
    pub index: u64,
    /// Address of the words part, 16-byte aligned, its padding readable.
    pub words: u64,
    /// Address of the coded plane, 16-byte aligned.
    pub coded_plane: u64,
    /// Addresses of the raw planes, 16-byte aligned.
    pub raw_planes: [u64; 3],
    /// Address of the exceptions, 4-byte aligned.
    pub exceptions: u64,
    /// Address of the decoded bytes, 16-byte aligned.
    pub out: u64,
    /// Decoded bytes.
    pub byte_len: u64,
    /// Bytes of a matrix row.
    pub row_bytes: u64,
    /// Rows of the matrix.
    pub rows: u64,
    /// Words of all tiles.
    pub word_count: u64,
    /// Exceptions of all tiles.
    pub exception_count: u32,
    /// Tiles side by side.
    pub columns: u32,
    /// Tiles in all.
    pub tile_count: u32,
    /// Number of the [`Split`].
    pub split: u8,
    /// Number of the [`PlaneCodec`].
    pub codec: u8,
    /// States a lane.
    pub states: u8,
    /// Binary logarithm of the full tile height.
    pub tile_rows_log2: u8,
    /// Tables.
    pub table_count: u8,
    /// The residual of a constant coded plane.
    pub coded_constant: u8,
    /// Bit `p`: raw plane `p` is constant.
    pub constant_planes: u8,
    /// The values of constant raw planes.
    pub plane_constants: [u8; 3],
    /// Nothing.
    pub padding: [u8; 2],
}

impl TensorJob {
    /// The tiling.
    #[inline(always)]
    pub fn grid(&self) -> TileGrid {
        TileGrid::from_proven_parts(
            self.byte_len,
            self.row_bytes,
            self.rows,
            self.tile_rows_log2,
            // The host took it from a grid.
            NonZeroU32::new(self.columns).unwrap_or(NonZeroU32::MIN),
            self.tile_count,
        )
    }

    /// What every index entry is checked against.
    #[inline(always)]
    pub fn limits(&self, codec: PlaneCodec) -> SpanLimits {
        SpanLimits {
            codec,
            states: self.states,
            table_count: self.table_count,
            word_count: self.word_count,
            exception_count: self.exception_count,
        }
    }

    /// The split among those with `element_bytes` bytes an element, which the kernel knows.
    #[inline(always)]
    pub fn split(&self, element_bytes: usize) -> Split {
        let pick = |number: Split, even: Split, odd: Split| {
            if self.split == number as u8 { even } else { odd }
        };
        match element_bytes {
            1 => pick(Split::Byte, Split::Byte, Split::RotatedByte),
            2 => pick(Split::Exponent16, Split::Exponent16, Split::High16),
            _ => pick(Split::Exponent32, Split::Exponent32, Split::High32),
        }
    }

    /// The value of raw plane `plane` where it is constant.
    #[inline(always)]
    pub fn plane_constant(&self, plane: usize) -> Option<u8> {
        (self.constant_planes >> plane & 1 != 0).then_some(self.plane_constants[plane])
    }
}

/// Tiles of one tensor with one table: what a block decodes before it loads the next table.
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
#[repr(C)]
pub struct WorkUnit {
    /// Number of the tensor in the array of jobs, and of its status.
    pub tensor: u32,
    /// Number of the table in the array of tables.
    pub table: u32,
    /// The first of its places in the array of tile numbers.
    pub first: u32,
    /// How many places.
    pub count: u32,
}

/// A table as the device expands it.
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
#[repr(C)]
pub struct DeviceTable {
    /// Probability bits.
    pub prob_bits: u32,
    /// For each symbol its first slot in bits 16 to 31 and its frequency in bits 0 to 15.
    pub ranges: [u32; 256],
}

impl DeviceTable {
    /// The device's form of a table.
    pub fn new(table: &Table) -> Self {
        let mut start = 0;
        let ranges = table.frequencies().map(|frequency| {
            let range = start << 16 | u32::from(frequency);
            start += u32::from(frequency);
            range
        });
        Self { prob_bits: table.prob_bits().into(), ranges }
    }
}

/// The status of a tensor all of whose tiles were sound; otherwise it is the number of the first that was not.
pub const SOUND: u32 = u32::MAX;

/// Bytes of shared memory that the expanded table takes.
pub const TABLE_BYTES: u32 = 4 << crate::format::MAX_PROB_BITS;
/// Bytes of shared memory that each warp's ring of words takes.
pub const RING_BYTES: u32 = 2048;

/// Bytes of dynamic shared memory for a block of `warps` warps.
pub const fn shared_bytes(warps: u32) -> u32 {
    TABLE_BYTES + warps * RING_BYTES
}

/// Calls a macro with every instance of the decode program that is a kernel: its name, codec, states a lane, source
/// of residuals, the words that a lane's coded bytes take, and whether tiles are predicted. The kernels, and the
/// host that looks them up by [`kernel_name`], thus come from one list.
#[macro_export]
macro_rules! for_each_kernel {
    ($macro:ident) => {
        $macro! {
            (const_1x1, Const, 1, Constant<L>, 4, false)
            (const_1x2, Const, 1, Constant<L>, 2, false)
            (const_1x4, Const, 1, Constant<L>, 1, false)
            (raw_1x1, Raw, 1, Raw, 4, false)
            (raw_1x2, Raw, 1, Raw, 2, false)
            (raw_1x4, Raw, 1, Raw, 1, false)
            (raw_1x1_predicted, Raw, 1, Raw, 4, true)
            (raw_1x2_predicted, Raw, 1, Raw, 2, true)
            (raw_1x4_predicted, Raw, 1, Raw, 1, true)
            (rank4_1x1, Rank4, 1, Rank4<L>, 4, false)
            (rank4_1x2, Rank4, 1, Rank4<L>, 2, false)
            (rank4_1x4, Rank4, 1, Rank4<L>, 1, false)
            (rank4_1x1_predicted, Rank4, 1, Rank4<L>, 4, true)
            (rank4_1x2_predicted, Rank4, 1, Rank4<L>, 2, true)
            (rank4_1x4_predicted, Rank4, 1, Rank4<L>, 1, true)
            (rans8_1x1, Rans8, 1, Rans8<L, 1>, 4, false)
            (rans8_1x2, Rans8, 1, Rans8<L, 1>, 2, false)
            (rans8_1x4, Rans8, 1, Rans8<L, 1>, 1, false)
            (rans8_1x1_predicted, Rans8, 1, Rans8<L, 1>, 4, true)
            (rans8_1x2_predicted, Rans8, 1, Rans8<L, 1>, 2, true)
            (rans8_1x4_predicted, Rans8, 1, Rans8<L, 1>, 1, true)
            (rans8_2x1, Rans8, 2, Rans8<L, 2>, 4, false)
            (rans8_2x2, Rans8, 2, Rans8<L, 2>, 2, false)
            (rans8_2x4, Rans8, 2, Rans8<L, 2>, 1, false)
            (rans8_2x1_predicted, Rans8, 2, Rans8<L, 2>, 4, true)
            (rans8_2x2_predicted, Rans8, 2, Rans8<L, 2>, 2, true)
            (rans8_2x4_predicted, Rans8, 2, Rans8<L, 2>, 1, true)
            (nib_1x1, RansNib, 1, RansNib<L, 1>, 4, false)
            (nib_1x2, RansNib, 1, RansNib<L, 1>, 2, false)
            (nib_1x4, RansNib, 1, RansNib<L, 1>, 1, false)
            (nib_1x1_predicted, RansNib, 1, RansNib<L, 1>, 4, true)
            (nib_1x2_predicted, RansNib, 1, RansNib<L, 1>, 2, true)
            (nib_1x4_predicted, RansNib, 1, RansNib<L, 1>, 1, true)
            (nib_2x1, RansNib, 2, RansNib<L, 2>, 4, false)
            (nib_2x2, RansNib, 2, RansNib<L, 2>, 2, false)
            (nib_2x4, RansNib, 2, RansNib<L, 2>, 1, false)
            (nib_2x1_predicted, RansNib, 2, RansNib<L, 2>, 4, true)
            (nib_2x2_predicted, RansNib, 2, RansNib<L, 2>, 2, true)
            (nib_2x4_predicted, RansNib, 2, RansNib<L, 2>, 1, true)
            (pair_1x1, RansPair, 1, RansPair<L, 1>, 4, false)
            (pair_1x2, RansPair, 1, RansPair<L, 1>, 2, false)
            (pair_1x4, RansPair, 1, RansPair<L, 1>, 1, false)
            (pair_1x1_predicted, RansPair, 1, RansPair<L, 1>, 4, true)
            (pair_1x2_predicted, RansPair, 1, RansPair<L, 1>, 2, true)
            (pair_1x4_predicted, RansPair, 1, RansPair<L, 1>, 1, true)
            (pair_2x1, RansPair, 2, RansPair<L, 2>, 4, false)
            (pair_2x2, RansPair, 2, RansPair<L, 2>, 2, false)
            (pair_2x4, RansPair, 2, RansPair<L, 2>, 1, false)
            (pair_2x1_predicted, RansPair, 2, RansPair<L, 2>, 4, true)
            (pair_2x2_predicted, RansPair, 2, RansPair<L, 2>, 2, true)
            (pair_2x4_predicted, RansPair, 2, RansPair<L, 2>, 1, true)
        }
    };
}

macro_rules! define_kernel_names {
    ($(($name:ident, $codec:ident, $states:literal, $source:ty, $words:literal, $predicted:literal))*) => {
        /// The names of all decode kernels.
        pub const KERNEL_NAMES: &[&str] = &[$(stringify!($name)),*];

        /// The kernel for a codec, a number of states, an element size in bytes, and predicted tiles or others; `None`
        /// for what no blob has.
        pub const fn kernel_name(
            codec: PlaneCodec,
            states: u8,
            element_bytes: usize,
            predicted: bool,
        ) -> Option<&'static str> {
            match (codec, states, 4 / element_bytes, predicted) {
                $((PlaneCodec::$codec, $states, $words, $predicted) => Some(stringify!($name)),)*
                _ => None,
            }
        }
    };
}

for_each_kernel!(define_kernel_names);
