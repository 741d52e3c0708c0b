//! The kernels that pack and unpack.

use super::{GATHER_WARPS, SCAN_THREADS, SURVEY_SHARED_BYTES};
use wcodec_codec::packed::BLOCK_ROWS;

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
