//! The input of the decode kernels: plain numbers at device addresses, proven by the host.
//!
//! The kernels believe these structures and nothing else: words, planes and exceptions may hold
//! anything.

use bytemuck::{Pod, Zeroable};
use wcodec_codec::entropy::{rans, tans};
use wcodec_codec::format::{
    LANE_BYTES, LANE_WORDS, LANES, MAX_PROB_BITS, PlaneCodec, Predictor, Split, Table,
};
use wcodec_codec::plane::EntropyCoder;

/// A tile to decode, the work of one warp. Addresses are device addresses, each with room for what
/// the tile owns there.
///
/// The warps of a block share a table, so that all of its [`BLOCK_WARPS`] tasks name the same one.
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
#[repr(C, align(16))]
pub struct TileTask {
    /// Address of its words, 4-byte aligned; the 16-byte units that they begin and end in are
    /// readable.
    pub words: u64,
    /// Address of its rows of the stored plane.
    pub stored_plane: u64,
    /// Addresses of its rows of the raw planes.
    pub raw_planes: [u64; 3],
    /// Address of its exceptions, 4-byte aligned; four bytes are readable there even where there
    /// are none.
    pub exceptions: u64,
    /// Address of its first decoded byte, 16-byte aligned.
    pub out: u64,
    /// Distance of two of its rows there.
    pub row_bytes: u64,
    /// Words.
    pub word_count: u32,
    /// Exceptions.
    pub exception_count: u32,
    /// Number of the status of its tensor, or of its raw plane that is coded.
    pub job: u32,
    /// Number of the tile in its tensor; [`NO_TILE`] where the warp has nothing to do, and the rest
    /// is that of another tile.
    pub tile: u32,
    /// Rows, at least one.
    pub rows: u16,
    /// Decoded bytes in the last row.
    pub last_row_bytes: u16,
    /// Number of the [`Split`].
    pub split: u8,
    /// Number of the [`Predictor`].
    pub predictor: u8,
    /// The residual that ranks count down from.
    pub base: u8,
    /// The residual of a constant stored plane.
    pub coded_constant: u8,
    /// Bit `p`: raw plane `p` is constant. The host alone knows [`TileTask::FIRST_CODED_PLANE`] and
    /// [`TileTask::OUT_IS_SCRATCH`].
    pub planes: u8,
    /// The value of every byte of a constant raw plane.
    pub plane_constants: [u8; 3],
    /// Number of its table in the array of tables.
    pub table: u32,
}

/// More than the number of any tile.
pub const NO_TILE: u32 = u32::MAX;

impl TileTask {
    /// Of `planes`: raw plane 0 was coded, and lies decoded in other memory than the blob's; the
    /// next bits say so of the other planes.
    pub const FIRST_CODED_PLANE: u8 = 1 << 3;
    /// Of `planes`: the tile is of a raw plane that is coded, or of a transposed tensor, and decoded
    /// to that memory.
    pub const OUT_IS_SCRATCH: u8 = 1 << 6;

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

    /// The predictor; Average where the number is none.
    #[inline(always)]
    pub fn predictor(&self) -> Predictor {
        match Predictor::from_u8(self.predictor) {
            Some(predictor) => predictor,
            None => Predictor::Average,
        }
    }
}

/// A rectangle of a band whose rows are restored from its columns (FORMAT.md section 2.1), the work
/// of one block. Rows and columns are counted in elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct TransposeTask {
    /// Device address of its first element in the band's columns.
    pub from: u64,
    /// Device address of the same element in the tensor.
    pub to: u64,
    /// Rows of the band, the distance of two columns.
    pub rows: u32,
    /// Columns of the band, the distance of two rows.
    pub columns: u32,
    /// Rows of the rectangle.
    pub rect_rows: u32,
    /// Columns of the rectangle.
    pub rect_columns: u32,
    /// The columns of a chunk, which passes through shared memory at a time, as the exponent of a
    /// power of two, at most [`CHUNK_COLUMNS`]; it has [`CHUNK_ELEMENTS`] elements.
    pub chunk_columns_log2: u32,
    /// Bytes of an element: 1, 2, 4 or 8.
    pub element_bytes: u32,
    /// The number of the tensor, for the host.
    pub tensor: u32,
    /// Nothing.
    pub padding: u32,
}

/// The name of the kernel that restores rows.
pub const TRANSPOSE_KERNEL: &str = "transpose_rows";
/// Warps of one of its blocks.
pub const TRANSPOSE_WARPS: u32 = 8;
/// The most columns of a chunk.
pub const CHUNK_COLUMNS: u32 = 64;
/// The elements of a chunk, a power of two.
pub const CHUNK_ELEMENTS: u32 = 1 << 12;
/// Dynamic shared memory of one of its blocks: room for a chunk of the widest elements, with one
/// more in each column.
pub const TRANSPOSE_SHARED_BYTES: u32 = 8 * (CHUNK_ELEMENTS + CHUNK_COLUMNS);

/// Warps of a block: few, so that registers for several blocks are left whatever a kernel takes.
pub const BLOCK_WARPS: u32 = 8;

/// A table as blocks copy it to shared memory.
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
#[repr(C, align(16))]
pub struct DeviceTable {
    /// Probability bits.
    pub prob_bits: u32,
    /// Nothing.
    pub padding: [u32; 3],
    /// The entries of all states: for rANS those of [`rans::slots`]; for tANS [`tans::entry`], the
    /// states that follow in bytes of this array, and zeros after them.
    pub entries: [u32; 1 << MAX_PROB_BITS],
}

impl DeviceTable {
    /// The device's form of a table for this coder.
    pub fn new(table: &Table, coder: EntropyCoder) -> Self {
        let mut this = Self::zeroed();
        this.prob_bits = table.prob_bits().into();
        if coder == EntropyCoder::Rans {
            rans::slots(table, &mut this.entries);
            return this;
        }
        tans::entries(table, &mut this.entries);
        this.entries = this.entries.map(|entry| ((entry >> 16) * 4) << 16 | entry & 0xFFFF);
        this
    }
}

/// The status of a tensor all of whose tiles were sound; otherwise it is the number of the first
/// that was not.
pub const INTACT: u32 = NO_TILE;

/// Bytes of shared memory that a table takes.
pub const TABLE_BYTES: u32 = 4 << MAX_PROB_BITS;
/// Bytes of words that a warp asks for at a time, 16 a lane.
pub const WORD_SLOT_BYTES: u32 = (LANES * 16) as u32;

/// A warp's shared memory: a ring of the tile's words, and one of rows of its stored planes. Copies
/// from global memory fill both while symbols are decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct WarpMemory {
    /// Rows in flight while one is decoded; one less than the rows in the ring.
    pub rows_ahead: u32,
    /// Bytes of a row of all planes that are stored: the coded one, then the raw ones.
    pub row_bytes: u32,
    /// Bytes of words that must be loaded, or in flight, when a row begins: as many as it and the
    /// rows ahead of it can take.
    pub words_ahead: u32,
    /// Slots of words that a row takes at most, rounded up.
    pub slots_a_row: u32,
    /// Bytes of the ring of words, a power of two; 0 where the codec has no symbols.
    pub ring_bytes: u32,
}

impl WarpMemory {
    /// The memory for a codec and an element size in bytes.
    pub const fn new(codec: PlaneCodec, element_bytes: usize) -> Self {
        let lane_elements = LANE_BYTES / element_bytes;
        let steps = codec.steps(lane_elements);
        // A row of few steps takes less time than its bytes take to arrive.
        let rows_ahead = if steps >= 8 { 3 } else { 7 };
        let lane_bytes =
            codec.stored_plane_bytes(lane_elements) + lane_elements * (element_bytes - 1);
        let words_ahead = words_bytes(steps * (rows_ahead + 1));
        // A tile begins with words for all lanes, anywhere in 16 bytes.
        let first_words = (LANE_WORDS * LANES * 4 + 16) as u32;
        let room = if first_words > WORD_SLOT_BYTES { first_words } else { WORD_SLOT_BYTES };
        let ring_bytes = if steps > 0 { (words_ahead + room).next_power_of_two() } else { 0 };
        let row_bytes = (lane_bytes * LANES) as u32;
        let slots_a_row = words_bytes(steps).div_ceil(WORD_SLOT_BYTES);
        Self { rows_ahead: rows_ahead as u32, row_bytes, words_ahead, slots_a_row, ring_bytes }
    }

    /// Bytes of the ring of rows.
    pub const fn stage_bytes(&self) -> u32 {
        (self.rows_ahead + 1) * self.row_bytes
    }

    /// Bytes of dynamic shared memory for a block: rings of words lie on multiples of their size,
    /// wherever it begins.
    pub const fn block_bytes(&self) -> u32 {
        let table = if self.ring_bytes > 0 { TABLE_BYTES + self.ring_bytes } else { 0 };
        table + BLOCK_WARPS * (self.ring_bytes + self.stage_bytes())
    }
}

/// The most bytes of words that a warp takes in so many steps: a lane takes a word each time that
/// it ends one.
const fn words_bytes(steps: usize) -> u32 {
    ((steps * MAX_PROB_BITS as usize).div_ceil(32) * LANES * 4) as u32
}

/// An instance of the decode program on the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Kernel {
    /// Its entry point.
    pub name: &'static str,
    /// The plane codec of its tiles.
    pub codec: PlaneCodec,
    /// Bytes of an element: 1, 2 or 4.
    pub element_bytes: usize,
    /// True if its tiles may be predicted.
    pub predicted: bool,
    /// The shared memory of each of its warps.
    pub memory: WarpMemory,
    /// Blocks that a multiprocessor is to work at, at most, where not as many as fit.
    pub most_blocks: Option<u32>,
}

impl Kernel {
    const fn new(
        name: &'static str,
        codec: PlaneCodec,
        element_bytes: usize,
        predicted: bool,
    ) -> Self {
        let memory = WarpMemory::new(codec, element_bytes);
        let most_blocks = most_blocks(codec, element_bytes, predicted);
        Self { name, codec, element_bytes, predicted, memory, most_blocks }
    }

    /// The kernel for tiles of this codec and element size in bytes, predicted or not; `None` for
    /// what no blob has.
    pub fn of(codec: PlaneCodec, element_bytes: usize, predicted: bool) -> Option<Self> {
        let serves = |kernel: &Self| {
            kernel.codec == codec
                && kernel.element_bytes == element_bytes
                && kernel.predicted == predicted
        };
        Self::ALL.iter().copied().find(serves)
    }

    /// Bytes of dynamic shared memory of a block in a launch of `blocks` blocks, on multiprocessors
    /// with `available` bytes each: enough for its warps, and so much that at most
    /// [`Kernel::most_blocks`] fit.
    pub fn shared_bytes(&self, available: u32, blocks: u32) -> u32 {
        let needed = self.memory.block_bytes();
        match self.most_blocks {
            Some(most) if blocks > most => {
                // An equal number in each round: a last round with a single block would take longer
                // than its share.
                let at_a_time = blocks.div_ceil(blocks.div_ceil(most));
                needed.max(available / (at_a_time + 1) + 1)
            }
            _ => needed,
        }
    }

    /// The most that [`Kernel::shared_bytes`] gives in any launch: two rounds have the fewest
    /// blocks.
    pub fn most_shared_bytes(&self, available: u32) -> u32 {
        self.shared_bytes(available, self.most_blocks.map_or(1, |most| most + 1))
    }
}

/// Resident blocks a multiprocessor that saturate memory bandwidth. More lengthen the tail of a
/// launch and scatter DRAM accesses. The fewer symbols a row has, the fewer warps it takes.
/// Measured without predictors, whose kernels need more registers, so that fewer blocks fit.
const fn most_blocks(codec: PlaneCodec, element_bytes: usize, predicted: bool) -> Option<u32> {
    match codec.steps(LANE_BYTES / element_bytes) {
        _ if predicted => None,
        2 | 4 => Some(2),
        8 => Some(3),
        _ => None,
    }
}

/// Calls a macro with every kernel of the decode program, by its axes: a row for each plane codec,
/// with and without prediction; in it a name for each element size. The kernels, and the host that
/// looks them up by [`Kernel::of`], thus come from one list.
#[macro_export]
macro_rules! for_each_kernel {
    ($macro:ident) => {
        $macro! {
            (Const, false, const_1, const_2, const_4)
            (Raw, false, raw_1, raw_2, raw_4)
            (Tans8, false, tans8_1, tans8_2, tans8_4)
            (Tans8, true, tans8_1_predicted, tans8_2_predicted, tans8_4_predicted)
            (Rans8, false, rans8_1, rans8_2, rans8_4)
            (Rans8, true, rans8_1_predicted, rans8_2_predicted, rans8_4_predicted)
            (TansNib, false, nib_1, nib_2, nib_4)
            (TansNib, true, nib_1_predicted, nib_2_predicted, nib_4_predicted)
            (TansPair, false, pair_1, pair_2, pair_4)
            (TansPair, true, pair_1_predicted, pair_2_predicted, pair_4_predicted)
            (RansPair, false, rans_pair_1, rans_pair_2, rans_pair_4)
            (RansPair, true, rans_pair_1_predicted, rans_pair_2_predicted, rans_pair_4_predicted)
            (TansCrumb, false, crumb_1, crumb_2, crumb_4)
            (TansCrumb, true, crumb_1_predicted, crumb_2_predicted, crumb_4_predicted)
        }
    };
}

macro_rules! define_kernel_names {
    ($(($codec:ident, $predicted:literal, $one:ident, $two:ident, $four:ident))*) => {
        impl Kernel {
            /// All decode kernels.
            pub const ALL: &[Self] = &[$(
                Self::new(stringify!($one), PlaneCodec::$codec, 1, $predicted),
                Self::new(stringify!($two), PlaneCodec::$codec, 2, $predicted),
                Self::new(stringify!($four), PlaneCodec::$codec, 4, $predicted),
            )*];
        }
    };
}

for_each_kernel!(define_kernel_names);

#[cfg(test)]
mod tests {
    use super::*;

    /// Shared memory of multiprocessors of compute capability 7.5, 8.6, 8.0 and 9.0.
    const AVAILABLE: [u32; 4] = [64 << 10, 100 << 10, 164 << 10, 228 << 10];

    fn launches() -> impl Iterator<Item = (&'static Kernel, u32, u32)> {
        let sizes =
            || AVAILABLE.into_iter().flat_map(|bytes| (1..50).map(move |blocks| (bytes, blocks)));
        Kernel::ALL
            .iter()
            .flat_map(move |kernel| sizes().map(move |(bytes, blocks)| (kernel, bytes, blocks)))
    }

    #[test]
    fn no_more_blocks_fit_than_are_wanted() {
        for (kernel, available, blocks) in launches() {
            let bytes = kernel.shared_bytes(available, blocks);
            match kernel.most_blocks {
                Some(most) if blocks > most => assert!((most + 1) * bytes > available),
                _ => assert_eq!(bytes, kernel.memory.block_bytes()),
            }
            assert!(bytes <= kernel.most_shared_bytes(available));
        }
    }

    #[test]
    fn where_there_is_room_no_more_rounds_are_needed_for_it() {
        for (kernel, available, blocks) in launches() {
            let Some(most) = kernel.most_blocks else { continue };
            let fit = (available / kernel.memory.block_bytes()).min(most);
            let at_a_time = available / kernel.shared_bytes(available, blocks);
            assert_eq!(blocks.div_ceil(at_a_time.min(most)), blocks.div_ceil(fit), "{kernel:?}");
        }
    }

    #[test]
    fn blocks_are_limited_where_rows_have_few_symbols() {
        let most =
            |codec, element_bytes| Kernel::of(codec, element_bytes, false).unwrap().most_blocks;
        assert_eq!(most(PlaneCodec::TansPair, 2), Some(2));
        assert_eq!(most(PlaneCodec::TansNib, 1), Some(3));
        assert_eq!(most(PlaneCodec::Tans8, 2), Some(3));
        assert_eq!(most(PlaneCodec::Tans8, 1), None);
        assert_eq!(most(PlaneCodec::Raw, 2), None);
    }
}
