//! Tensors in groups that are decoded together, and the pieces that their blobs are read in. Plain
//! data.

use super::reads::Reads;
use crate::gpu::decode::aligned_offsets;
use std::ops::Range;

/// Tensors that follow each other, and where their blobs lie in the slot that they share.
#[derive(Debug, PartialEq, Eq)]
pub struct Group {
    /// The numbers of the tensors.
    pub tensors: Range<usize>,
    /// The offset of each blob in the slot.
    pub offsets: Vec<u64>,
    /// Bytes of the slot that they take.
    pub len: u64,
}

/// A part of a blob, which one thread reads at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    pub group: usize,
    pub tensor: usize,
    /// Its offset in the blob.
    pub blob_offset: u64,
    /// Its offset in the group's slot.
    pub slot_offset: u64,
    pub len: usize,
}

/// Cuts tensors with blobs of these lengths into groups of at least `least` bytes, but for the
/// last.
pub fn groups(lengths: &[u64], least: u64) -> Vec<Group> {
    let mut groups = Vec::new();
    let mut first = 0;
    let mut len = 0;
    for (tensor, blob_len) in lengths.iter().enumerate() {
        len = u64::saturating_add(len, *blob_len);
        if len >= least || tensor + 1 == lengths.len() {
            let (offsets, len_aligned) = aligned_offsets(lengths[first..=tensor].iter().copied());
            groups.push(Group { tensors: first..tensor + 1, offsets, len: len_aligned });
            (first, len) = (tensor + 1, 0);
        }
    }
    groups
}

/// Cuts what is read of the blobs of all groups into pieces of at most `most` bytes, in order.
pub fn pieces(groups: &[Group], reads: &[Reads], most: usize) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for (number, group) in groups.iter().enumerate() {
        for (tensor, &slot_offset) in group.tensors.clone().zip(&group.offsets) {
            for range in &reads[tensor].ranges {
                let starts = range.clone().step_by(most);
                pieces.extend(starts.map(|start| Piece {
                    group: number,
                    tensor,
                    blob_offset: start,
                    slot_offset: slot_offset + start,
                    len: usize::try_from(range.end - start).map_or(most, |left| most.min(left)),
                }));
            }
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_what_is_read_and_no_more() {
        let groups = groups(&[100, 40, 300], 130);
        #[allow(clippy::single_range_in_vec_init)]
        let reads = [&[0..100][..], &[16..32, 36..40], &[0..16, 290..300]];
        let reads = reads.map(|ranges| Reads { ranges: ranges.to_vec(), is_whole: false });
        let pieces = pieces(&groups, &reads, 64);
        let piece = |group, tensor, blob_offset, slot_offset, len| Piece {
            group,
            tensor,
            blob_offset,
            slot_offset,
            len,
        };
        let expected = [
            piece(0, 0, 0, 0, 64),
            piece(0, 0, 64, 64, 36),
            piece(0, 1, 16, 272, 16),
            piece(0, 1, 36, 292, 4),
            piece(1, 2, 0, 0, 16),
            piece(1, 2, 290, 290, 10),
        ];
        assert_eq!(pieces, expected);
    }

    #[test]
    fn every_tensor_is_in_one_group_and_inside_its_slot() {
        let lengths = [300, 1, 256, 5000, 20, 20, 20];
        let groups = groups(&lengths, 500);
        let ranges: Vec<_> = groups.iter().map(|group| group.tensors.clone()).collect();
        assert_eq!(ranges, [0..3, 3..4, 4..7]);
        for group in &groups {
            let ends = group.tensors.clone().zip(&group.offsets).map(|(t, at)| at + lengths[t]);
            let starts = group.offsets.iter().copied().skip(1).chain([group.len]);
            assert!(ends.zip(starts).all(|(end, next)| end <= next && next % 256 == 0));
        }
        assert_eq!(super::groups(&[], 500), []);
    }
}
