//! One change in the words, the planes, the exceptions or the padding, and the blob is refused.

use super::blob_refusals::{blob, refused};
use crate::assembler::{Plan, RANK4, RANS_NIB, RANS_PAIR, RANS8, RAW, assemble, original};
use crate::reference::decode_blob;

/// A word too few or too many in a tile.
#[test]
fn words_that_do_not_come_out_even() {
    refused(RANS8, "tile 0: 1 words are left", |blob| add(&mut blob.index[12..14], 1));
    refused(RANS8, "too few words", |blob| add(&mut blob.index[12..14], u16::MAX));
    refused(RANS8, "tile 5: 1 words are left", |blob| {
        blob.words.extend([0, 0]);
        let count = blob.words.len() as u64 / 2;
        blob.set(32, 8, count);
        add(&mut blob.index[72..74], 1);
        blob.set(48, 8, blob.bytes().len() as u64);
    });
    // The last word of an initial state: its lane has 2^31 on top.
    refused(RANS8, "tile 0", |blob| blob.words[127] ^= 0x80);
}

fn add(low_half: &mut [u8], change: u16) {
    let sum = u16::from_le_bytes([low_half[0], low_half[1]]).wrapping_add(change);
    low_half.copy_from_slice(&sum.to_le_bytes());
}

/// The end of a tile is no checksum: one slot taken for another of a symbol of the same frequency
/// leads to the same state. So a changed word is refused mostly, and else decodes to other bytes.
#[test]
fn no_changed_word_goes_unseen() {
    let valid = blob(RANS8);
    let original = decode_blob(&valid.bytes());
    let mut not_at_l = 0;
    for at in (0..valid.words.len()).step_by(7) {
        let mut changed = valid.clone();
        changed.words[at] ^= 1 << (at % 8);
        let decoded = decode_blob(&changed.bytes());
        assert!(decoded != original, "byte {at} of the words");
        not_at_l += usize::from(decoded.is_err_and(|why| why.contains("not at L")));
    }
    assert!(not_at_l > 0);
}

#[test]
fn padding_and_truncation() {
    let valid = blob(RANK4);
    let bytes = valid.bytes();
    for end in 0..bytes.len() {
        assert!(decode_blob(&bytes[..end]).is_err(), "cut at {end}");
    }
    // The index of 7 entries ends at 64 + 84.
    for padding in 148..160 {
        let mut changed = bytes.clone();
        changed[padding] = 1;
        assert!(decode_blob(&changed).is_err_and(|why| why.contains("padding")), "at {padding}");
    }
}

/// Section 7.4: "What belongs to elements beyond `byte_len` in them a writer sets to 0 and a reader
/// ignores."
#[test]
fn what_lies_beyond_the_last_element_is_ignored() {
    for codec in [RAW, RANS_NIB, RANK4] {
        let valid = blob(codec);
        let mut changed = valid.clone();
        // The last lane has two elements of eight, and the last stored byte is of two others.
        *changed.raw[0].last_mut().unwrap() = 0xFF;
        *changed.coded.last_mut().unwrap() = 0xFF;
        assert_ne!(changed.bytes(), valid.bytes());
        assert_eq!(decode_blob(&changed.bytes()), decode_blob(&valid.bytes()), "codec {codec}");
    }
}

#[test]
fn exceptions() {
    refused(RANK4, "does not ascend", |blob| blob.exceptions.copy_within(0..4, 4));
    refused(RANK4, "does not ascend", |blob| blob.exceptions[..8].rotate_left(4));
    refused(RANK4, "is outside", |blob| {
        // The last tile has one row of 256 elements.
        let last = blob.exceptions.len() - 4;
        blob.exceptions[last..last + 3].copy_from_slice(&[0, 1, 0]);
    });
}

/// Nothing is promised of the outcome, but there is one.
#[test]
fn no_change_of_one_byte_panics() {
    for codec in [RAW, RANS8, RANS_PAIR, RANK4] {
        let plan = Plan { tables: 1, states: 2, ..Plan::flat(2, codec) };
        let bytes = assemble(&original(3, 700, 2), &plan).bytes();
        for at in 0..bytes.len() {
            for change in [1, 0x80, 0xFF] {
                let mut changed = bytes.clone();
                changed[at] ^= change;
                let _ = decode_blob(&changed);
            }
        }
    }
}
