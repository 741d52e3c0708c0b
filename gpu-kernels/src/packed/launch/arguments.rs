//! The arguments of kernels.

use super::{MAX_GROUP, MOST_BLOCKS_Y, UNPACK_STEPS, UNPACK_WARPS};
use bytemuck::{Pod, Zeroable};
use wcodec_codec::packed::{BLOCK_ROWS, Layout, Scale};

/// BF16 numbers in rows: of a matrix, of x or of y.
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
#[repr(C)]
pub struct Rows {
    /// Address of the first element, 2-byte aligned.
    pub address: u64,
    /// Elements from the start of a row to that of the next.
    pub stride: u64,
}

impl Rows {
    /// Returns whether 16 bytes can be read or written at a time wherever a row has a multiple of
    /// eight elements before them.
    #[inline(always)]
    pub const fn is_wide(&self) -> bool {
        self.address.is_multiple_of(16) && self.stride.is_multiple_of(8)
    }
}

/// A packed matrix on the device.
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
#[repr(C)]
pub struct DeviceMatrix {
    /// Address of its steps, 16-byte aligned.
    pub weights: u64,
    /// Address of its row starts.
    pub row_starts: u64,
    /// Address of its exceptions.
    pub exceptions: u64,
    /// Rows.
    pub rows: u32,
    /// Columns.
    pub columns: u32,
    /// Exceptions.
    pub exception_count: u32,
    /// 2^scale as BF16, twice.
    pub multiplier: u32,
}

impl DeviceMatrix {
    /// The matrix whose parts lie at `address` as the layout says.
    pub const fn new(address: u64, layout: &Layout, scale: Scale) -> Self {
        Self {
            weights: address,
            row_starts: address + layout.row_starts_at(),
            exceptions: address + layout.exceptions_at(),
            rows: layout.shape.rows(),
            columns: layout.shape.columns(),
            exception_count: layout.exceptions,
            multiplier: scale.multiplier() as u32 * 0x1_0001,
        }
    }

    /// Blocks of rows.
    #[inline(always)]
    pub const fn blocks(&self) -> u32 {
        self.rows.div_ceil(BLOCK_ROWS)
    }
}

/// A matrix to multiply, and where the result goes.
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
#[repr(C)]
pub struct Product {
    /// The matrix.
    pub matrix: DeviceMatrix,
    /// The result: a row for each row of x, an element for each row of the matrix.
    pub y: Rows,
    /// Address of BF16 numbers that are added to each row of the result; 0 where there are none.
    pub bias: u64,
    /// Groups of blocks of rows in the products before it; more than there are where there is no
    /// product.
    pub first_group: u32,
    /// Nothing.
    pub padding: u32,
}

impl Product {
    /// No product.
    pub const NONE: Self = Self {
        matrix: DeviceMatrix {
            weights: 0,
            row_starts: 0,
            exceptions: 0,
            rows: 0,
            columns: 0,
            exception_count: 0,
            multiplier: 0,
        },
        y: Rows { address: 0, stride: 0 },
        bias: 0,
        first_group: u32::MAX,
        padding: 0,
    };
}

/// One of many matrices of one shape.
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
#[repr(C)]
pub struct Expert {
    /// The matrix.
    pub matrix: DeviceMatrix,
    /// The number of its form.
    pub form: u32,
    /// Nothing.
    pub padding: u32,
}

/// Many matrices of one shape, of which each row of y names its own.
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
#[repr(C)]
pub struct MultiplyExperts {
    /// Address of the table of [`Expert`]s.
    pub experts: u64,
    /// Address of the number of an expert for each row of y, 32 bits each. Rows of other numbers
    /// than experts have are not written.
    pub numbers: u64,
    /// What the matrices are multiplied with.
    pub x: Rows,
    /// The result.
    pub y: Rows,
    /// Rows of y.
    pub n: u32,
    /// Rows of y that have one row of x.
    pub rows_of_one: u32,
    /// Experts.
    pub count: u32,
    /// 1 where along y and z of the launch there are rows, the first of each expert having its
    /// product; 0 where there are experts. Groups of blocks of rows are along x.
    pub is_by_row: u32,
    /// Where all lies in a block's shared memory.
    pub places: Places,
}

/// Matrices with as many columns to multiply with the same x.
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
#[repr(C)]
pub struct Multiply {
    /// The products, those that are wanted first.
    pub products: [Product; MAX_GROUP],
    /// What they are multiplied with.
    pub x: Rows,
    /// Rows of x.
    pub n: u32,
    /// Groups of blocks of rows of all products. Those of the launch go on along y and then z,
    /// those for tiles of rows of x along x, so that the ones that read the same weights run
    /// together.
    pub groups: u32,
    /// Where all lies in a block's shared memory.
    pub places: Places,
}

/// Where all lies in the shared memory of a block that multiplies. In the end the sums of each part
/// take the place of steps, from its start on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct Places {
    /// Where the sums of exceptions lie.
    pub exceptions_at: u32,
    /// How many steps of each block of rows a warp has on their way; none where they go to
    /// registers. They lie from the start on, those of a warp together.
    pub depth: u32,
    /// Where the barriers of those steps lie.
    pub barriers_at: u32,
    /// Where counts and numbers of rows lie, of kernels whose rows name their matrices.
    pub list_at: u32,
}

impl Places {
    /// Bytes of a barrier.
    pub const BARRIER: u32 = 8;
}

/// BF16 weights to pack, for all kernels that have a part in it, one after another.
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
#[repr(C)]
pub struct Pack {
    /// The packed matrix.
    pub matrix: DeviceMatrix,
    /// The weights.
    pub source: Rows,
    /// Address of [`super::PackWorkspace`].
    pub workspace: u64,
    /// Where the flags of steps lie in it.
    pub flags_at: u64,
    /// The distance of the steps that a scale is chosen from.
    pub sample_distance: u64,
    /// Exceptions that there is room for.
    pub exception_room: u32,
    /// Nothing.
    pub padding: u32,
}

/// Blocks of rows to unpack.
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
#[repr(C)]
pub struct Unpack {
    /// The packed matrix.
    pub matrix: DeviceMatrix,
    /// Room for the weights of the rows from the first block on.
    pub out: Rows,
    /// The first block of rows.
    pub first_block: u32,
    /// Blocks of rows. Those of the launch go on along y and then z, their steps along x.
    pub blocks: u32,
}

impl Unpack {
    /// Blocks of threads for so many blocks of rows of so many steps.
    pub const fn grid(blocks: u32, steps: u32) -> [u32; 3] {
        let z = blocks.div_ceil(MOST_BLOCKS_Y);
        [steps.div_ceil(UNPACK_WARPS * UNPACK_STEPS), blocks.div_ceil(z), z]
    }
}
