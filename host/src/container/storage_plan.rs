//! How the tensors of an archive that is to be written are stored.

use super::ContentHash;
use super::TensorReference;
use super::elsewhere::{Names, OtherTensor};
use super::members::Members;
use super::place::Kind;
use crate::Result;
use crate::memory::reserve;
use std::collections::BTreeMap;

/// The tensor that the bytes of one are stored for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stored {
    /// The tensor itself.
    Own,
    /// The earlier tensor of this number.
    Same(u32),
    /// A tensor of another file.
    Elsewhere(OtherTensor),
    /// The tensor itself, against one of a base, if that is less.
    Against(TensorReference),
    /// A tensor of a base, which has its bytes.
    Unchanged(ContentHash),
}

/// The blobs of an archive, and the tensors in each.
#[derive(Debug, Clone, Default)]
pub(crate) struct StoragePlan {
    /// Of each tensor.
    kinds: Vec<Kind>,
    /// Of each tensor that is stored as another, how far before it that is.
    back: Vec<u32>,
    /// Of each tensor that is stored elsewhere, where.
    targets: Vec<OtherTensor>,
    /// The files that those are in.
    names: Names,
    /// The tensors of bases that others are coded against, by the numbers of these.
    bases: BTreeMap<u32, TensorReference>,
    /// The hashes of tensors that bases have, by their numbers.
    unchanged: BTreeMap<u32, ContentHash>,
    /// The tensors that have bytes of their own.
    members: Members,
}

impl StoragePlan {
    /// A blob for each of so many tensors.
    pub fn of_each(tensors: usize) -> Result<Self> {
        Self::new(tensors, |_| Stored::Own, |_| None)
    }

    /// The same plan, of which the targets lie in these files.
    pub fn in_files(mut self, names: Names) -> Self {
        self.names = names;
        self
    }

    /// A plan for so many tensors: `stored` says which other tensor has the bytes of one, and `group` which others may lie in a blob with it, by a number of their own, one after another.
    pub fn new(
        tensors: usize,
        stored: impl Fn(usize) -> Stored,
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
            match stored(tensor) {
                Stored::Own => {}
                Stored::Same(other) => {
                    plan.kinds.push(Kind::Same);
                    plan.back.push(tensor as u32 - other);
                    blobs.push(0);
                    continue;
                }
                Stored::Elsewhere(target) => {
                    plan.kinds.push(Kind::Elsewhere);
                    plan.targets.push(target);
                    blobs.push(0);
                    continue;
                }
                Stored::Unchanged(hash) => {
                    plan.kinds.push(Kind::Unchanged);
                    plan.unchanged.insert(tensor as u32, hash);
                    blobs.push(0);
                    continue;
                }
                Stored::Against(base) => {
                    plan.kinds.push(Kind::Against);
                    plan.bases.insert(tensor as u32, base);
                    blobs.push(count);
                    own.push(tensor as u32);
                    count += 1;
                    continue;
                }
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

    /// Of each tensor that is stored elsewhere, where.
    pub(super) fn targets(&self) -> &[OtherTensor] {
        &self.targets
    }

    /// The tensors that are stored elsewhere or in a base, with the hashes of their bytes.
    pub(super) fn hashes_elsewhere(&self) -> impl Iterator<Item = (usize, ContentHash)> {
        let kinds = self.kinds.iter().enumerate();
        let elsewhere = kinds.filter(|(_, kind)| **kind == Kind::Elsewhere);
        let elsewhere =
            elsewhere.zip(&self.targets).map(|((tensor, _), target)| (tensor, target.hash));
        let unchanged = self.unchanged.iter().map(|(&tensor, &hash)| (tensor as usize, hash));
        elsewhere.chain(unchanged)
    }

    /// The tensors of bases that others are coded against, in the order of these.
    pub(super) fn bases(&self) -> impl Iterator<Item = TensorReference> {
        self.bases.values().copied()
    }

    /// Returns whether an archive of it is read with a base.
    pub(super) fn needs_base(&self) -> bool {
        !self.bases.is_empty() || !self.unchanged.is_empty()
    }

    /// Makes the tensor of a blob one that is coded alone.
    pub(super) fn set_alone(&mut self, blob: usize) {
        let tensor = self.members(blob)[0];
        if self.bases.remove(&tensor).is_some() {
            self.kinds[tensor as usize] = Kind::Alone;
        }
    }

    /// The files that those are in.
    pub(super) fn names(&self) -> &Names {
        &self.names
    }

    /// The distances of tensors that are stored as others.
    pub(super) fn back(&self) -> &[u32] {
        &self.back
    }
}
