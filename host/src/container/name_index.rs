//! Tensors by their names.

use crate::json::Fault;
use crate::memory::reserve;
use std::cmp::Ordering;

/// The numbers of tensors in the order of their names, of which no two are the same.
#[derive(Debug)]
pub(super) struct NameIndex(Vec<u32>);

impl NameIndex {
    /// Sorts tensors by name; fails where two have one.
    pub fn new<'a>(count: usize, name: impl Fn(usize) -> &'a str) -> Result<Self, Fault> {
        let mut sorted = reserve(count as u64, "the names of tensors")?;
        sorted.extend(0..u32::try_from(count).map_err(|_| "there are 2^32 tensors or more")?);
        sorted.sort_unstable_by_key(|&index| name(index as usize));
        let mut pairs = sorted.windows(2).map(|pair| [pair[0], pair[1]].map(|i| name(i as usize)));
        match pairs.find(|[one, other]| one == other) {
            Some([twice, _]) => {
                Err(format!("two tensors are named {twice:?}: names are unique in an archive")
                    .into())
            }
            None => Ok(Self(sorted)),
        }
    }

    /// The number of the sought tensor; `order` compares its name with the name of a tensor.
    pub fn find(&self, order: impl Fn(usize) -> Ordering) -> Option<usize> {
        let found = self.0.binary_search_by(|&index| order(index as usize).reverse());
        found.ok().map(|at| self.0[at] as usize)
    }
}
