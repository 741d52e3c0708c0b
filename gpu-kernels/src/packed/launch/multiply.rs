//! The kernels that multiply, and which of them is taken.

use super::arguments::Places;
use super::{MOST_BLOCKS_Y, MULTIPLY_WARPS, TILE_ROWS};
use wcodec_codec::packed::{BLOCK_ROWS, Form, LANES, PARTS};

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
mod tests;
