//! Tensors and blobs beyond 4 GiB, without the memory for them: untouched pages of a zeroed
//! allocation take none.

mod arithmetic;
mod encoded;
mod stored;
mod symbols;

/// 4 GiB.
const G4: u64 = 1 << 32;
