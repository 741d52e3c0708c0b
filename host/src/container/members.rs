//! The tensors of each blob.

use crate::Result;
use crate::memory::reserve;

/// The numbers of tensors, those of each blob together.
#[derive(Debug, Clone, Default)]
pub(crate) struct Members {
    tensors: Vec<u32>,
    /// Where those of each blob begin, and last where all end.
    starts: Vec<u32>,
}

impl Members {
    /// These tensors by the numbers of their blobs; `blob_of` gives each number below `blobs` to
    /// some of them.
    pub fn new(
        mut tensors: Vec<u32>,
        blobs: u32,
        blob_of: impl Fn(u32) -> u32,
        what: &'static str,
    ) -> Result<Self> {
        tensors.sort_unstable_by_key(|&tensor| (blob_of(tensor), tensor));
        let mut starts: Vec<u32> = reserve(u64::from(blobs) + 1, what)?;
        for (at, &tensor) in tensors.iter().enumerate() {
            if blob_of(tensor) as usize == starts.len() {
                starts.push(at as u32);
            }
        }
        starts.push(tensors.len() as u32);
        Ok(Self { tensors, starts })
    }

    /// The number of blobs.
    pub fn blobs(&self) -> usize {
        self.starts.len() - 1
    }

    /// The tensors of a blob.
    pub fn of(&self, blob: usize) -> &[u32] {
        &self.tensors[self.starts[blob] as usize..self.starts[blob + 1] as usize]
    }
}
