//! What the host hands to the kernels of packed matrices: plain numbers and device addresses,
//! proven by the host.
//!
//! The kernels believe these structures and nothing else: weights, row starts and exceptions may
//! hold anything.

use bytemuck::{Pod, Zeroable};
use wcodec_codec::packed::{BLOCK_ROWS, Form, LANES, Layout, PARTS, STEP_COLUMNS, Scale};

/// The most matrices that one launch multiplies.
pub const MAX_GROUP: usize = 4;
/// Rows of x that an instruction takes.
pub const TILE_ROWS: u32 = 8;
/// Warps of a block that multiplies, and one more for exceptions: one for each part of the columns,
/// or, in a cluster of which each block has a part, one for every so many blocks of rows.
pub const MULTIPLY_WARPS: u32 = PARTS + 1;
/// Steps of x that a block of a cluster has on their way to shared memory at a time.
pub const STAGE_STEPS: u32 = 2;
/// How often it has that.
pub const STAGES: u32 = 3;
/// Bytes of a row of x in a stage. The 16 that no element lies in have lanes that read the same
/// columns of neighbouring rows do so from different banks.
pub const STAGE_ROW_BYTES: u32 = STAGE_STEPS * STEP_COLUMNS * 2 + 16;
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
    /// Groups of blocks of rows in the products before it; more than there are where there is no
    /// product.
    pub first_group: u32,
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
    /// Groups of blocks of rows of all products. Those of the launch go on along y and then z,
    /// those for tiles of rows of x along x, so that the ones that read the same weights run
    /// together.
    pub groups: u32,
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

/// A kernel that does not multiply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kernel {
    /// Counts exponents.
    Survey,
    /// Packs weights whole.
    PackWhole,
    /// Packs weights in twelve bits.
    PackFast,
    /// Adds up counts of exceptions.
    Scan,
    /// Gathers the exceptions of the fast form.
    GatherFast,
    /// Unpacks weights that are held whole.
    UnpackWhole,
    /// Unpacks weights of twelve bits.
    UnpackFast,
}

impl Kernel {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Survey,
        Self::PackWhole,
        Self::PackFast,
        Self::Scan,
        Self::GatherFast,
        Self::UnpackWhole,
        Self::UnpackFast,
    ];

    /// Its entry point.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Survey => "survey_exponents",
            Self::PackWhole => "pack_whole",
            Self::PackFast => "pack_fast",
            Self::Scan => "scan_exceptions",
            Self::GatherFast => "gather_fast",
            Self::UnpackWhole => "unpack_whole",
            Self::UnpackFast => "unpack_fast",
        }
    }

    /// Bytes of shared memory of a block.
    pub const fn shared_bytes(self) -> u32 {
        match self {
            Self::Survey => SURVEY_SHARED_BYTES,
            Self::PackWhole | Self::PackFast => 4 * BLOCK_ROWS,
            Self::Scan => 4 * SCAN_THREADS,
            Self::GatherFast | Self::UnpackWhole | Self::UnpackFast => 0,
        }
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
    /// Blocks of rows that a warp of a cluster takes; 0 where a block takes one, and its warps
    /// parts of the columns.
    pub warp_blocks: u32,
}

impl MultiplyKernel {
    /// All of them; those of a form in the order of their tiles.
    pub const ALL: [Self; 12] = [
        Self::new("multiply_whole_8", Form::Whole, 1, 0),
        Self::new("multiply_whole_16", Form::Whole, 2, 0),
        Self::new("multiply_whole_32", Form::Whole, 4, 0),
        Self::new("multiply_fast_8", Form::Fast, 1, 0),
        Self::new("multiply_fast_16", Form::Fast, 2, 0),
        Self::new("multiply_fast_32", Form::Fast, 4, 0),
        Self::new("multiply_cluster_whole_16", Form::Whole, 2, 1),
        Self::new("multiply_cluster_whole_32", Form::Whole, 4, 1),
        Self::new("multiply_cluster_whole_64", Form::Whole, 8, 1),
        Self::new("multiply_cluster_fast_16", Form::Fast, 2, 1),
        Self::new("multiply_cluster_fast_32", Form::Fast, 4, 1),
        Self::new("multiply_cluster_fast_64", Form::Fast, 8, 1),
    ];

    const fn new(name: &'static str, form: Form, tiles: u32, warp_blocks: u32) -> Self {
        Self { name, form, tiles, warp_blocks }
    }

    /// Those that a device of this compute capability (times ten) runs.
    pub fn for_capability(capability: u32) -> impl Iterator<Item = &'static Self> {
        Self::ALL.iter().filter(move |kernel| kernel.warp_blocks == 0 || capability >= 90)
    }

    /// The kernel for so many rows of x on such a device: the smallest that takes them at once, or
    /// else the largest.
    pub fn of(form: Form, n: u32, capability: u32) -> &'static Self {
        let of_form = || {
            let is_best = move |kernel: &&Self| {
                // With more than eight rows of x clusters are faster where there are any.
                let clustered = capability >= 90 && kernel.tiles > 1;
                kernel.form == form && (kernel.warp_blocks > 0) == clustered
            };
            Self::for_capability(capability).filter(is_best)
        };
        let fits = of_form().find(|kernel| n <= kernel.rows());
        fits.or_else(|| of_form().last()).unwrap_or(&Self::ALL[0])
    }

    /// Rows of x that a block takes.
    pub const fn rows(&self) -> u32 {
        self.tiles * TILE_ROWS
    }

    /// Blocks of rows that a block, or a cluster, takes: a group.
    pub const fn blocks(&self) -> u32 {
        if self.warp_blocks == 0 { 1 } else { PARTS * self.warp_blocks }
    }

    /// Blocks that run together.
    pub const fn cluster(&self) -> u32 {
        if self.warp_blocks == 0 { 1 } else { PARTS }
    }

    /// Threads of a block.
    pub const fn threads(&self) -> u32 {
        MULTIPLY_WARPS * LANES
    }

    /// Blocks for so many groups and rows of x.
    pub const fn grid(&self, groups: u32, n: u32) -> [u32; 3] {
        // The driver takes at most 65535 along y and z.
        let z = groups.div_ceil(65535);
        [n.div_ceil(self.rows()) * self.cluster(), groups.div_ceil(z), z]
    }

    /// Bytes of the sums of a block of rows with the block's rows of x.
    pub const fn sum_bytes(&self) -> u32 {
        BLOCK_ROWS * self.rows() * 4
    }

    /// Bytes of shared memory of a block: the sum of each part and that of exceptions, for each
    /// element of its result. Sums of a cluster's blocks take the place of the rows of x.
    pub const fn shared_bytes(&self) -> u32 {
        if self.warp_blocks == 0 {
            return MULTIPLY_WARPS * self.sum_bytes();
        }
        cluster_sums_at(self.tiles, self.warp_blocks) + self.warp_blocks * self.sum_bytes()
    }
}

/// Where the sums of exceptions lie in the shared memory of a block of a cluster, after rows of x
/// and the sums that take their place.
pub const fn cluster_sums_at(tiles: u32, warp_blocks: u32) -> u32 {
    let stages = STAGES * tiles * TILE_ROWS * STAGE_ROW_BYTES;
    let sums = PARTS * warp_blocks * BLOCK_ROWS * tiles * TILE_ROWS * 4;
    if stages > sums { stages } else { sums }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_takes_all_rows_or_as_many_as_any() {
        for form in Form::ALL {
            let rows = |n, capability| MultiplyKernel::of(form, n, capability).rows();
            let before = [1, 8, 9, 16, 17, 32, 33, 1000].map(|n| rows(n, 89));
            assert_eq!(before, [8, 8, 16, 16, 32, 32, 32, 32]);
            let clusters = [1, 8, 9, 16, 17, 32, 33, 1000].map(|n| rows(n, 90));
            assert_eq!(clusters, [8, 8, 16, 16, 32, 32, 64, 64]);
            for (n, capability) in (1..100).flat_map(|n| [(n, 75), (n, 90), (n, 120)]) {
                let kernel = MultiplyKernel::of(form, n, capability);
                assert_eq!(kernel.form, form);
                assert!(MultiplyKernel::for_capability(capability).any(|one| one == kernel));
            }
        }
    }

    #[test]
    fn grids_are_what_the_driver_takes_and_hold_all_groups() {
        let kernel = MultiplyKernel::of(Form::Fast, 64, 90);
        for groups in [1, 65535, 65536, 1 << 24] {
            let [x, y, z] = kernel.grid(groups, 65);
            assert_eq!(x, 2 * PARTS);
            assert!(y <= 65535 && z <= 65535 && y * z >= groups && y * z < groups + z);
        }
    }

    #[test]
    fn blocks_have_no_more_shared_memory_than_there_is() {
        for kernel in MultiplyKernel::ALL {
            // Of a multiprocessor's 228 KiB, which two blocks share.
            assert!(kernel.shared_bytes() <= 113 << 10, "{}", kernel.name);
        }
    }
}
