//! Whole files from somebody who means no good, their checksums right: each is refused with its stable code,
//! at once and with hardly any memory.

#[path = "hostile/archive.rs"]
mod archive;
#[path = "reference/assembler/mod.rs"]
mod assembler;
#[path = "hostile/attempt.rs"]
mod attempt;
#[path = "hostile/blob.rs"]
mod blob;
#[path = "hostile/bombs.rs"]
mod bombs;
#[path = "hostile/bytes.rs"]
mod bytes;
mod forged;
#[path = "hostile/header.rs"]
mod header;
#[path = "hostile/mutation.rs"]
mod mutation;
#[path = "hostile/negatives.rs"]
mod negatives;
#[path = "hostile/preamble.rs"]
mod preamble;
mod reference;
#[path = "hostile/safetensors.rs"]
mod safetensors;
mod safetensors_source;
mod support;

/// What every integer of a file is set to.
const EXTREMES: [u64; 8] =
    [0, 1, (1 << 31) - 1, 1 << 31, (1 << 31) + 1, 1 << 32, 1 << 63, u64::MAX];
