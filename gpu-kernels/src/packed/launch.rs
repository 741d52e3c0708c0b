//! What the host hands to the kernels of packed matrices: plain numbers and device addresses,
//! proven by the host.
//!
//! The kernels believe these structures and nothing else: weights, row starts and exceptions may
//! hold anything.

use bytemuck::{Pod, Zeroable};
use wcodec_codec::packed::{BLOCK_ROWS, Form, LANES, Layout, PARTS, Scale};

/// The most matrices that one launch multiplies.
pub const MAX_GROUP: usize = 4;
/// Rows of x that an instruction takes.
pub const TILE_ROWS: u32 = 8;
/// Warps of a block that multiplies: one for each part of the columns.
pub const MULTIPLY_WARPS: u32 = PARTS;
/// Warps of a block that packs.
pub const PACK_WARPS: u32 = 16;
/// Warps of a block that unpacks.
pub const UNPACK_WARPS: u32 = 8;
/// Steps that each of them unpacks.
pub const UNPACK_STEPS: u32 = 2;
/// Threads of a block that counts exponents.
pub const SURVEY_THREADS: u32 = 512;
/// Bytes of shared memory of such a block.
pub const SURVEY_SHARED_BYTES: u32 = 256 * 32 * 4;
/// Threads of the block that adds up counts of exceptions.
pub const SCAN_THREADS: u32 = 1024;
/// Warps of a block that gathers the exceptions of a block of rows.
pub const GATHER_WARPS: u32 = 8;

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
    /// Address of [`PackWorkspace`].
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

/// Blocks that the driver takes along y, and along z.
const MOST_BLOCKS_Y: u32 = 65535;

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
    /// Where the histogram of exponents lies, 64 bits a number. It must be zero, and is zero again
    /// when the kernels are done.
    pub const HISTOGRAM: u64 = 0;
    /// Where the number of exceptions of the whole matrix is put, 64 bits, and after it the scale.
    pub const TOTAL: u64 = 256 * 8;
    /// Where the exponent of the scale that was chosen is put, 32 bits.
    pub const SCALE: u64 = Self::TOTAL + 8;
    /// Where blocks that survey count their arrivals, 32 bits: as [`PackWorkspace::HISTOGRAM`].
    pub const ARRIVALS: u64 = Self::TOTAL + 12;
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
    /// Counts exponents, and chooses a scale.
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

    /// Returns whether it waits for the kernel before it in the stream by itself, before it reads
    /// or writes what that one writes or reads.
    pub const fn waits(self) -> bool {
        match self {
            Self::Survey | Self::PackWhole => false,
            Self::PackFast
            | Self::Scan
            | Self::GatherFast
            | Self::UnpackWhole
            | Self::UnpackFast => true,
        }
    }

    /// Bytes of shared memory of a block.
    pub const fn shared_bytes(self) -> u32 {
        match self {
            Self::Survey => SURVEY_SHARED_BYTES,
            Self::PackWhole | Self::PackFast => 4 * BLOCK_ROWS,
            Self::Scan => 4 * SCAN_THREADS,
            Self::GatherFast => GATHER_WARPS * 4 * (1 + BLOCK_ROWS),
            Self::UnpackWhole | Self::UnpackFast => 0,
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
    /// Blocks of rows that a block of threads takes: a group. Each warp has a part of the columns.
    pub blocks: u32,
    /// Tiles of eight rows of x that a block takes.
    pub tiles: u32,
    devices: Devices,
    /// True if rows of x and y name their matrices, and are listed.
    lists_rows: bool,
}

/// Devices that have a kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Devices {
    Any,
    /// From Hopper on.
    Newer,
    /// Before Hopper, those with an instruction for the product.
    Older,
}
use Devices::{Any, Newer, Older};

/// Whether kernels for a device of this compute capability (times ten) fetch steps to shared memory
/// by bulk copies, and begin before the kernel before them in the stream is done: from Hopper on.
pub const fn is_newer(capability: u32) -> bool {
    capability >= 90
}

/// Bytes of shared memory that a block may have on such a device.
const fn most_shared_bytes(capability: u32) -> u32 {
    match capability {
        90..=119 => 227 << 10,
        80 | 87 => 163 << 10,
        86 | 89 | 120.. => 99 << 10,
        _ => 64 << 10,
    }
}

impl MultiplyKernel {
    /// All of them; those of a form in the order of their tiles, and of their blocks.
    pub const ALL: [Self; 14] = [
        Self::new("multiply_whole_8_by_1", Form::Whole, 1, 1, Any),
        Self::new("multiply_whole_16_by_1", Form::Whole, 1, 2, Any),
        Self::new("multiply_whole_16_by_2", Form::Whole, 2, 2, Newer),
        Self::new("multiply_whole_32_by_1", Form::Whole, 1, 4, Older),
        Self::new("multiply_whole_32_by_2", Form::Whole, 2, 4, Newer),
        Self::new("multiply_whole_32_by_4", Form::Whole, 4, 4, Newer),
        Self::new("multiply_whole_64_by_2", Form::Whole, 2, 8, Newer),
        Self::new("multiply_fast_8_by_1", Form::Fast, 1, 1, Any),
        Self::new("multiply_fast_16_by_1", Form::Fast, 1, 2, Any),
        Self::new("multiply_fast_16_by_2", Form::Fast, 2, 2, Newer),
        Self::new("multiply_fast_32_by_1", Form::Fast, 1, 4, Older),
        Self::new("multiply_fast_32_by_2", Form::Fast, 2, 4, Newer),
        Self::new("multiply_fast_32_by_4", Form::Fast, 4, 4, Newer),
        Self::new("multiply_fast_64_by_2", Form::Fast, 2, 8, Newer),
    ];

    /// Those for many matrices of one shape, of which each row names its own, in the same order.
    pub const EXPERTS: [Self; 12] = [
        Self::new("experts_whole_8_by_1", Form::Whole, 1, 1, Any).listed(),
        Self::new("experts_whole_8_by_2", Form::Whole, 2, 1, Newer).listed(),
        Self::new("experts_whole_8_by_4", Form::Whole, 4, 1, Newer).listed(),
        Self::new("experts_whole_16_by_1", Form::Whole, 1, 2, Any).listed(),
        Self::new("experts_whole_16_by_2", Form::Whole, 2, 2, Newer).listed(),
        Self::new("experts_whole_32_by_2", Form::Whole, 2, 4, Newer).listed(),
        Self::new("experts_fast_8_by_1", Form::Fast, 1, 1, Any).listed(),
        Self::new("experts_fast_8_by_2", Form::Fast, 2, 1, Newer).listed(),
        Self::new("experts_fast_8_by_4", Form::Fast, 4, 1, Newer).listed(),
        Self::new("experts_fast_16_by_1", Form::Fast, 1, 2, Any).listed(),
        Self::new("experts_fast_16_by_2", Form::Fast, 2, 2, Newer).listed(),
        Self::new("experts_fast_32_by_2", Form::Fast, 2, 4, Newer).listed(),
    ];

    const fn new(
        name: &'static str,
        form: Form,
        blocks: u32,
        tiles: u32,
        devices: Devices,
    ) -> Self {
        Self { name, form, blocks, tiles, devices, lists_rows: false }
    }

    /// The same for rows that name their matrices.
    const fn listed(self) -> Self {
        Self { lists_rows: true, ..self }
    }

    /// Those that a device of this compute capability (times ten) runs.
    pub fn for_capability(capability: u32) -> impl Iterator<Item = &'static Self> {
        Self::ALL.iter().filter(move |kernel| kernel.is_for(capability))
    }

    /// Those for many matrices that such a device runs.
    pub fn experts_for_capability(capability: u32) -> impl Iterator<Item = &'static Self> {
        Self::EXPERTS.iter().filter(move |kernel| kernel.is_for(capability))
    }

    fn is_for(&self, capability: u32) -> bool {
        let is_there = match self.devices {
            Any => true,
            Newer => is_newer(capability),
            Older => capability >= 80 && !is_newer(capability),
        };
        is_there && self.shared_bytes(capability) <= most_shared_bytes(capability)
    }

    /// The kernel for so many rows that name one of so many matrices, each of so many blocks of
    /// rows, on such a device. With more rows for a matrix than it takes at once, it reads the
    /// matrix again. It has as many blocks of rows as leave something for each multiprocessor.
    pub fn of_experts(
        form: Form,
        (n, experts): (u32, u32),
        blocks: u32,
        (capability, processors): (u32, u32),
    ) -> &'static Self {
        let of_form =
            || Self::experts_for_capability(capability).filter(move |kernel| kernel.form == form);
        // Some matrices have twice as many rows as others.
        let rows =
            if n <= 2 * TILE_ROWS { 1 } else { n.div_ceil(experts.max(1)).saturating_mul(2) };
        let most = of_form().map(Self::rows).max().unwrap_or(0);
        let rows = of_form().map(Self::rows).find(|&taken| rows <= taken).unwrap_or(most);
        let all = u64::from(blocks) * u64::from(n.min(experts));
        // Fewer blocks of threads than three for two multiprocessors were slower than shorter ones.
        let is_enough =
            |kernel: &&Self| 2 * all >= 3 * u64::from(processors) * u64::from(kernel.blocks);
        let of_rows = || of_form().filter(move |kernel| kernel.rows() == rows);
        let kernel = of_rows().filter(is_enough).last().or_else(|| of_rows().next());
        kernel.unwrap_or(&Self::EXPERTS[0])
    }

    /// The kernel for so many rows of x and blocks of rows, on such a device with so many
    /// multiprocessors. It takes all rows of x at once, or else as many as any does. Of two such
    /// kernels the one with more blocks of rows reads x less often, and is the faster one where all
    /// multiprocessors have something to do all the same.
    pub fn of(form: Form, n: u32, blocks: u64, device: (u32, u32)) -> &'static Self {
        let (capability, processors) = device;
        let of_form = || Self::for_capability(capability).filter(move |kernel| kernel.form == form);
        let most = of_form().map(Self::rows).max().unwrap_or(0);
        let rows = of_form().map(Self::rows).find(|&rows| n <= rows).unwrap_or(most);
        let mut of_rows = of_form().filter(|kernel| kernel.rows() == rows);
        let are_many = blocks > 2 * u64::from(processors);
        let kernel = if are_many { of_rows.last() } else { of_rows.next() };
        kernel.unwrap_or(&Self::ALL[0])
    }

    /// Rows of x that a block takes.
    pub const fn rows(&self) -> u32 {
        self.tiles * TILE_ROWS
    }

    /// Threads of a block.
    pub const fn threads(&self) -> u32 {
        MULTIPLY_WARPS * LANES
    }

    /// Blocks for so many groups and rows of x.
    pub const fn grid(&self, groups: u32, n: u32) -> [u32; 3] {
        let z = groups.div_ceil(MOST_BLOCKS_Y);
        [n.div_ceil(self.rows()), groups.div_ceil(z), z]
    }

    /// Blocks for so many groups of blocks of rows of so many matrices, or rows that name them.
    pub const fn experts_grid(groups: u32, count: u32) -> [u32; 3] {
        let z = count.div_ceil(MOST_BLOCKS_Y);
        [groups, count.div_ceil(z), z]
    }

    /// Bytes of the sums of a block's blocks of rows with its rows of x.
    const fn sum_bytes(&self) -> u32 {
        self.blocks * BLOCK_ROWS * self.rows() * 4
    }

    /// Where all lies in the shared memory of a block on such a device.
    pub const fn places(&self, capability: u32) -> Places {
        // More were slower: with more shared memory fewer blocks run, and there is less cache.
        let depth = if is_newer(capability) { 2 } else { 0 };
        let steps = PARTS * depth * self.blocks * self.form.step_bytes();
        let sums = PARTS * self.sum_bytes();
        let exceptions_at = if steps > sums { steps } else { sums };
        let barriers_at = exceptions_at + self.sum_bytes();
        let list_at = barriers_at + PARTS * depth * Places::BARRIER;
        Places { exceptions_at, depth, barriers_at, list_at }
    }

    /// Bytes of the counts of each warp, and of the numbers of rows.
    const fn list_bytes(&self) -> u32 {
        if self.lists_rows { 4 * (MULTIPLY_WARPS + self.rows()) } else { 0 }
    }

    /// Bytes of shared memory of a block on such a device.
    pub const fn shared_bytes(&self, capability: u32) -> u32 {
        self.places(capability).list_at + self.list_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_takes_all_rows_or_as_many_as_any() {
        for form in Form::ALL {
            let of = |n, capability| MultiplyKernel::of(form, n, 300, (capability, 132));
            let rows = |n, capability| of(n, capability).rows();
            let oldest = [1, 8, 9, 16, 17, 1000].map(|n| rows(n, 75));
            assert_eq!(oldest, [8, 8, 16, 16, 16, 16]);
            for capability in [80, 89] {
                let rows = [1, 8, 9, 16, 17, 32, 33, 1000].map(|n| rows(n, capability));
                assert_eq!(rows, [8, 8, 16, 16, 32, 32, 32, 32]);
            }
            for capability in [90, 100, 120] {
                let rows = [1, 8, 9, 16, 17, 32, 33, 1000].map(|n| rows(n, capability));
                assert_eq!(rows, [8, 8, 16, 16, 32, 32, 64, 64]);
            }
            for (n, capability) in (1..100).flat_map(|n| [(n, 75), (n, 90), (n, 120)]) {
                let kernel = of(n, capability);
                assert_eq!(kernel.form, form);
                assert!(MultiplyKernel::for_capability(capability).any(|one| one == kernel));
            }
        }
    }

    #[test]
    fn the_kernel_leaves_something_for_each_multiprocessor() {
        let blocks = |n| {
            [1, 264, 265, 1 << 40]
                .map(|count| MultiplyKernel::of(Form::Fast, n, count, (90, 132)).blocks)
        };
        let expected = [(8, [1; 4]), (16, [1, 1, 2, 2]), (32, [2, 2, 4, 4]), (64, [2; 4])];
        assert_eq!(expected.map(|(n, _)| (n, blocks(n))), expected);
    }

    #[test]
    fn grids_are_what_the_driver_takes_and_hold_all_groups() {
        let kernel = MultiplyKernel::of(Form::Fast, 64, 1000, (90, 132));
        for groups in [1, 65535, 65536, 1 << 24] {
            let [x, y, z] = kernel.grid(groups, 65);
            assert_eq!(x, 2);
            assert!(y <= 65535 && z <= 65535 && y * z >= groups && y * z < groups + z);
        }
    }

    /// The smallest kernel that takes twice the rows of a matrix at once, of those that there are.
    #[test]
    fn experts_are_read_once_where_they_have_few_rows() {
        for form in Form::ALL {
            let kernel = |n, blocks, capability| {
                MultiplyKernel::of_experts(form, (n, 128), blocks, (capability, 132))
            };
            let rows = |n, capability| kernel(n, 100, capability).rows();
            let blocks = |n, blocks| kernel(n, blocks, 90).blocks;
            assert_eq!([blocks(8, 48), blocks(8, 60), blocks(8, 128)], [1, 2, 4]);
            assert_eq!([blocks(512, 1), blocks(512, 48), blocks(1024, 48)], [1, 4, 2]);
            assert_eq!(
                [8, 64, 512, 1024, 2048, 1 << 20].map(|n| rows(n, 90)),
                [8, 8, 8, 16, 32, 32]
            );
            assert_eq!([8, 1024, 2048].map(|n| rows(n, 80)), [8, 16, 16]);
        }
    }

    #[test]
    fn blocks_have_no_more_shared_memory_than_there_is() {
        let most = |capability| {
            let kernels = MultiplyKernel::for_capability(capability);
            kernels.map(|kernel| kernel.shared_bytes(capability)).max().unwrap()
        };
        for kernel in MultiplyKernel::experts_for_capability(75) {
            let places = kernel.places(75);
            assert_eq!(kernel.shared_bytes(75), places.list_at + 4 * (8 + kernel.rows()));
        }
        assert!(most(90) <= 227 << 10 && most(120) <= 99 << 10 && most(80) <= 48 << 10);
        // What has no room there is left out.
        let count = |capability| MultiplyKernel::for_capability(capability).count();
        assert_eq!([75, 80, 90, 100, 120].map(count), [4, 6, 12, 12, 10]);
    }

    /// Steps and sums are there at different times; exceptions and barriers are there at both.
    #[test]
    fn places_do_not_overlap() {
        for (kernel, capability) in [80, 90].into_iter().flat_map(|capability| {
            MultiplyKernel::for_capability(capability).map(move |kernel| (kernel, capability))
        }) {
            let places = kernel.places(capability);
            let steps = PARTS * places.depth * kernel.blocks * kernel.form.step_bytes();
            assert!(places.exceptions_at >= steps.max(PARTS * kernel.sum_bytes()));
            assert!(places.barriers_at >= places.exceptions_at + kernel.sum_bytes());
            assert!(
                places.exceptions_at.is_multiple_of(16) && places.barriers_at.is_multiple_of(8)
            );
        }
    }
}
