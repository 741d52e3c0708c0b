//! Whole files made to do harm, their checksums right: each is refused with its stable code,
//! at once and with hardly any memory.

mod archive;
mod attempt;
mod blob;
mod bombs;
mod bytes;
mod header;
mod mutation;
mod negatives;
mod packed;
mod preamble;
mod references;
mod safetensors;

/// The values that every integer of a file is set to.
const EXTREMES: [u64; 8] =
    [0, 1, (1 << 31) - 1, 1 << 31, (1 << 31) + 1, 1 << 32, 1 << 63, u64::MAX];
