//! The memory that packing works in.

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
