//! How the tensors of an archive that is to be written are stored.

use super::place::Kind;
use crate::Result;
use crate::memory::reserve;

/// The blobs of an archive, and the tensors in each.
#[derive(Debug, Clone, Default)]
pub(crate) struct StoragePlan {
    /// Of each tensor.
    kinds: Vec<Kind>,
    /// Of each tensor that is stored as another, how far before it that is.
    back: Vec<u32>,
    /// The tensors that have bytes of their own, those of each blob together, in the order of the
    /// blobs.
    members: Vec<u32>,
    /// Where the members of each blob begin.
    starts: Vec<u32>,
}

impl StoragePlan {
    /// A blob for each of so many tensors.
    pub fn of_each(tensors: usize) -> Result<Self> {
        let all_others = |_| None;
        Self::new(tensors, all_others, |_| None)
    }

    /// A plan for so many tensors: `same_as` says which earlier tensor has the bytes of one, and
    /// `group` which others may lie in a blob with it, by a number of their own, one after another.
    pub fn new(
        tensors: usize,
        same_as: impl Fn(usize) -> Option<u32>,
        mut group: impl FnMut(usize) -> Option<u32>,
    ) -> Result<Self> {
        const WHAT: &str = "the plan of an archive";
        let mut plan = Self { kinds: reserve(tensors as u64, WHAT)?, ..Self::default() };
        // Of each tensor with bytes of its own the number of its blob, and its own.
        let mut blobs: Vec<(u32, u32)> = reserve(tensors as u64, WHAT)?;
        let mut groups = std::collections::HashMap::new();
        let mut count = 0;
        for tensor in 0..tensors {
            if let Some(other) = same_as(tensor) {
                plan.kinds.push(Kind::Same);
                plan.back.push(tensor as u32 - other);
                continue;
            }
            let known = group(tensor).map(|group| groups.entry(group).or_insert(count));
            let (kind, blob) = match known {
                None => (Kind::Alone, count),
                Some(&mut blob) if blob == count => (Kind::First, count),
                Some(&mut blob) => (Kind::Follows, blob),
            };
            count += u32::from(kind.begins_a_blob());
            plan.kinds.push(kind);
            blobs.push((blob, tensor as u32));
        }
        blobs.sort_unstable();
        plan.members = reserve(blobs.len() as u64, WHAT)?;
        plan.starts = reserve(u64::from(count) + 1, WHAT)?;
        for (blob, tensor) in blobs {
            if blob as usize == plan.starts.len() {
                plan.starts.push(plan.members.len() as u32);
            }
            plan.members.push(tensor);
        }
        plan.starts.push(plan.members.len() as u32);
        Ok(plan)
    }

    /// The number of blobs.
    pub fn blobs(&self) -> usize {
        self.starts.len() - 1
    }

    /// The tensors of a blob, one after another.
    pub fn members(&self, blob: usize) -> &[u32] {
        &self.members[self.starts[blob] as usize..self.starts[blob + 1] as usize]
    }

    /// How each tensor is stored.
    pub(super) fn kinds(&self) -> &[Kind] {
        &self.kinds
    }

    /// The distances of tensors that are stored as others.
    pub(super) fn back(&self) -> &[u32] {
        &self.back
    }
}
