//! What the host hands to the kernels of packed matrices: plain numbers and device addresses,
//! proven by the host.
//!
//! The kernels believe these structures and nothing else: weights, row starts and exceptions may
//! hold anything.

use bytemuck::{Pod, Zeroable};
use wcodec_codec::packed::{BLOCK_ROWS, Form, Layout, PARTS, Scale};

/// The most matrices that one launch multiplies.
pub const MAX_GROUP: usize = 4;
/// Rows of x that an instruction takes.
pub const TILE_ROWS: u32 = 8;
/// Warps of a block that multiplies: one for each part of the columns, and one for exceptions.
pub const MULTIPLY_WARPS: u32 = PARTS + 1;
/// Warps of a block that packs or unpacks.
pub const PACK_WARPS: u32 = 8;
/// Threads of a block that counts exponents.
pub const SURVEY_THREADS: u32 = 512;
/// Bytes of shared memory of such a block.
pub const SURVEY_SHARED_BYTES: u32 = 256 * 32 * 4;
/// Threads of the block that adds up counts of exceptions.
pub const SCAN_THREADS: u32 = 1024;
/// Blocks of rows whose exceptions a block gathers, one a warp.
pub const GATHER_WARPS: u32 = 4;

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
    /// Whether 16 bytes can be read or written at a time wherever a row has a multiple of eight
    /// elements before them.
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
    /// Blocks of rows in the products before it; more than there are where there is no product.
    pub first_block: u32,
    /// Nothing.
    pub padding: u32,
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
    /// Blocks of rows of all products. Those of the launch go on along y and then z, those for
    /// tiles of rows of x along x, so that the ones that read the same weights run together.
    pub blocks: u32,
}

/// BF16 weights whose exponents are to be counted.
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
#[repr(C)]
pub struct Survey {
    /// The weights.
    pub source: Rows,
    /// Address of 256 numbers of 64 bits, to which the counts are added.
    pub histogram: u64,
    /// Rows.
    pub rows: u32,
    /// Columns.
    pub columns: u32,
}

/// BF16 weights to pack.
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
#[repr(C)]
pub struct Pack {
    /// The packed matrix.
    pub matrix: DeviceMatrix,
    /// The weights.
    pub source: Rows,
    /// Address of [`PackWorkspace`].
    pub workspace: u64,
    /// Where the flags of steps lie in it.
    pub flags_at: u64,
    /// Exceptions that there is room for.
    pub exception_room: u32,
    /// The scale's exponent.
    pub scale: u32,
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
    /// Nothing.
    pub padding: u32,
}

/// Where the numbers lie that packing needs until it is done, in bytes from an address that is
/// 256-byte aligned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PackWorkspace {
    /// Blocks of rows.
    pub blocks: u32,
    /// Steps of each.
    pub steps: u32,
}

impl PackWorkspace {
    /// Where the histogram of exponents lies, 64 bits a number. It must be zero.
    pub const HISTOGRAM: u64 = 0;
    /// Where the number of exceptions of the whole matrix is put.
    pub const TOTAL: u64 = 256 * 8;
    /// Where the exceptions of each block of rows are counted, and then of those before it.
    pub const BLOCK_COUNTS: u64 = Self::TOTAL + 16;

    /// Where a byte for each step of each block says whether it has exceptions.
    #[inline(always)]
    pub const fn flags_at(&self) -> u64 {
        Self::BLOCK_COUNTS + 4 * self.blocks as u64
    }

    /// Bytes.
    pub const fn len(&self) -> u64 {
        self.flags_at() + self.blocks as u64 * self.steps as u64
    }

    /// Never.
    pub const fn is_empty(&self) -> bool {
        false
    }
}

/// A kernel that multiplies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MultiplyKernel {
    /// Its entry point.
    pub name: &'static str,
    /// The form of the matrices.
    pub form: Form,
    /// Tiles of eight rows of x that a block takes.
    pub tiles: u32,
}

impl MultiplyKernel {
    /// All of them; those of a form in the order of their tiles.
    pub const ALL: [Self; 6] = [
        Self::new("multiply_whole_8", Form::Whole, 1),
        Self::new("multiply_whole_16", Form::Whole, 2),
        Self::new("multiply_whole_32", Form::Whole, 4),
        Self::new("multiply_fast_8", Form::Fast, 1),
        Self::new("multiply_fast_16", Form::Fast, 2),
        Self::new("multiply_fast_32", Form::Fast, 4),
    ];

    const fn new(name: &'static str, form: Form, tiles: u32) -> Self {
        Self { name, form, tiles }
    }

    /// The kernel for so many rows of x: the smallest that takes them at once, or else the largest.
    pub fn of(form: Form, n: u32) -> Self {
        let fits = |kernel: &&Self| kernel.form == form && n <= kernel.rows();
        let of_form = |kernel: &&Self| kernel.form == form;
        let all = || Self::ALL.iter();
        *all().find(fits).or_else(|| all().rfind(of_form)).unwrap_or(&Self::ALL[0])
    }

    /// Rows of x that a block takes.
    pub const fn rows(&self) -> u32 {
        self.tiles * TILE_ROWS
    }

    /// Bytes of shared memory of a block: the sum of each part and that of exceptions, for each
    /// element of its result.
    pub const fn shared_bytes(&self) -> u32 {
        MULTIPLY_WARPS * BLOCK_ROWS * self.rows() * 4
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_takes_all_rows_or_as_many_as_any() {
        for form in Form::ALL {
            let rows = |n| MultiplyKernel::of(form, n).rows();
            assert_eq!([1, 8, 9, 16, 17, 32, 33, 1000].map(rows), [8, 8, 16, 16, 32, 32, 32, 32]);
            assert!((1..100).all(|n| MultiplyKernel::of(form, n).form == form));
        }
    }
}
