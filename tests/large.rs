//! Tensors and blobs beyond 4 GiB, without the memory for them: what is never touched of a zeroed
//! allocation takes none.

#[path = "large/arithmetic.rs"]
mod arithmetic;
#[path = "large/encoded.rs"]
mod encoded;
mod reference;
#[path = "large/stored.rs"]
mod stored;
mod support;
#[path = "large/symbols.rs"]
mod symbols;

/// 4 GiB.
const G4: u64 = 1 << 32;
