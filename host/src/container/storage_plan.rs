//! How the tensors of an archive that is to be written are stored.

use super::members::Members;
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
    /// The tensors that have bytes of their own.
    members: Members,
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
        let mut own: Vec<u32> = reserve(tensors as u64, WHAT)?;
        // Of each tensor; of one without bytes of its own any.
        let mut blobs: Vec<u32> = reserve(tensors as u64, WHAT)?;
        let mut groups = std::collections::HashMap::new();
        let mut count = 0;
        for tensor in 0..tensors {
            if let Some(other) = same_as(tensor) {
                plan.kinds.push(Kind::Same);
                plan.back.push(tensor as u32 - other);
                blobs.push(0);
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
            blobs.push(blob);
            own.push(tensor as u32);
        }
        plan.members = Members::new(own, count, |tensor| blobs[tensor as usize], WHAT)?;
        Ok(plan)
    }

    /// The number of blobs.
    pub fn blobs(&self) -> usize {
        self.members.blobs()
    }

    /// The tensors of a blob, one after another.
    pub fn members(&self, blob: usize) -> &[u32] {
        self.members.of(blob)
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
