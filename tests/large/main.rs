//! Tensors and blobs beyond 4 GiB, without the memory for them: what is never touched of a zeroed
//! allocation takes none.

mod arithmetic;
mod encoded;
mod stored;
mod symbols;

/// 4 GiB.
const G4: u64 = 1 << 32;
