//! The launches of each group, and the copies after them.

use super::groups::Group;
use super::reads::Reads;
use super::slot::Slot;
use super::target::{Wanted, Way};
use super::tensors::Front;
use crate::Result;
use crate::gpu::decode::{GpuPlan, PlannedTensor, aligned_offsets};
use rayon::prelude::*;

/// A group's launches, and the copies after them.
pub struct GroupPlan {
    pub plan: GpuPlan,
    pub copies: Vec<DeviceCopy>,
}

/// A copy from one device address to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeviceCopy {
    pub from: u64,
    pub to: u64,
    pub len: u64,
}

/// The fronts of the blobs, what is wanted of each, and its way to its place.
pub struct Ways<'a> {
    fronts: &'a [Front],
    wanted: &'a [Vec<Wanted>],
    ways: Vec<Way>,
}

impl<'a> Ways<'a> {
    pub fn new(fronts: &'a [Front], wanted: &'a [Vec<Wanted>]) -> Self {
        let ways = fronts.iter().zip(wanted);
        let ways = ways.map(|(front, wanted)| Way::new(wanted, &front.parsed)).collect();
        Self { fronts, wanted, ways }
    }

    /// Bytes of a slot that the tensors of a group are decoded to before they are copied, and of
    /// what is decoded on the way, and where those of each tensor begin.
    fn scratch(&self, group: &Group) -> (Vec<[u64; 2]>, u64) {
        let lengths = self.ways[group.tensors.clone()].iter();
        let lengths = lengths.flat_map(|way| [way.scratch_len(), way.on_the_way]);
        let (offsets, len) = aligned_offsets(lengths);
        (offsets.as_chunks().0.to_vec(), len)
    }

    /// The scratch bytes of the largest group.
    pub fn scratch_len(&self, groups: &[Group]) -> u64 {
        groups.iter().map(|group| self.scratch(group).1).max().unwrap_or(0)
    }

    /// What is read of each blob; `parts_are_enough` tells it of the number of a tensor in it.
    pub fn reads(&self, parts_are_enough: impl Fn(usize) -> bool) -> Vec<Reads> {
        let reads = |(front, way): (&Front, &Way)| {
            Reads::of(&front.parsed, &way.tile_rows, parts_are_enough(front.number))
        };
        self.fronts.iter().zip(&self.ways).map(reads).collect()
    }

    /// A plan for each group, in the slots that they take in turns.
    pub fn plans(&self, groups: &[Group], slots: &[Slot]) -> Result<Vec<GroupPlan>> {
        let plan = |(number, group)| self.plan(group, &slots[number % slots.len()]);
        groups.par_iter().enumerate().map(plan).collect()
    }

    fn plan(&self, group: &Group, slot: &Slot) -> Result<GroupPlan> {
        let (mut planned, mut copies) = (Vec::new(), Vec::new());
        let places = group.offsets.iter().zip(self.scratch(group).0);
        for (tensor, (blob, [scratch, on_the_way])) in group.tensors.clone().zip(places) {
            let (wanted, way) = (&self.wanted[tensor], &self.ways[tensor]);
            let start = match &wanted[..] {
                [one] if !way.is_copied => one.address,
                _ => slot.scratch.address() + scratch,
            };
            if way.is_copied {
                let wanted = wanted.iter().filter(|wanted| !wanted.bytes.is_empty());
                copies.extend(wanted.map(|wanted| DeviceCopy {
                    from: start + (wanted.bytes.start - way.decoded.start),
                    to: wanted.address,
                    len: wanted.bytes.end - wanted.bytes.start,
                }));
            }
            planned.push(PlannedTensor {
                front: &self.fronts[tensor].parsed,
                blob: slot.blobs.address() + blob,
                // The address of byte 0, which may lie before the memory.
                out: start.wrapping_sub(way.decoded.start),
                scratch: slot.scratch.address() + on_the_way,
                tile_rows: way.tile_rows.clone(),
            });
        }
        Ok(GroupPlan { plan: GpuPlan::new(&planned)?, copies })
    }
}
