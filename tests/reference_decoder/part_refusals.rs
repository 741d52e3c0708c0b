//! One change in the words, the planes, the exceptions or the padding, and the blob is refused.

use super::blob_refusals::{blob, refused};
use reference::decode_blob;
use support::assembler::{Plan, RAW, TANS_CRUMB, TANS_NIB, TANS_PAIR, TANS8, assemble, original};

/// More words than a tile can take, as it does without 96 at most, and far too few.
#[test]
fn words_that_do_not_come_out_even() {
    refused(TANS8, "words are left", |blob| {
        let end = u16::from_le_bytes([blob.index[12], blob.index[13]]) + 97;
        blob.index[12..14].copy_from_slice(&end.to_le_bytes());
    });
    refused(TANS8, "beyond the tile's last are taken", |blob| {
        blob.index[12..14].copy_from_slice(&[32, 0]);
    });
    refused(TANS8, "tile 5: ", |blob| {
        blob.words.extend([0; 4 * 97]);
        let count = blob.words.len() as u64 / 4;
        blob.set(32, 8, count);
        blob.index[72..78].copy_from_slice(&count.to_le_bytes()[..6]);
        blob.set(48, 8, blob.bytes().len() as u64);
    });
}

/// The bits of a lane follow from its symbols and from where it must end. So a needed word with a
/// bit changed is refused, or decodes to other bytes; of a needless one "readers take no notice".
#[test]
fn no_changed_word_goes_unseen() {
    // So few rows that some lanes need one word, and others two or three.
    let plan = Plan::flat(2, TANS8);
    let original = original(3, 2 * 512, 2);
    let valid = assemble(&original, &plan);
    let arbitrary = assemble(&original, &Plan { arbitrary_needless_words: true, ..plan });
    let (mut needless, mut errors) = (0, String::new());
    for bit in 0..8 * valid.words.len() {
        let mut changed = valid.clone();
        changed.words[bit / 8] ^= 1 << (bit % 8);
        let decoded = decode_blob(&changed.bytes());
        let word = bit / 32 * 4..bit / 32 * 4 + 4;
        let is_needed = valid.words[word.clone()] == arbitrary.words[word];
        assert_eq!(decoded.as_ref() != Ok(&original), is_needed, "bit {bit} of the words");
        needless += usize::from(!is_needed);
        errors += &decoded.err().unwrap_or_default();
    }
    assert!(needless > 0);
    assert!(errors.contains("not the lowest of symbol") && errors.contains("not all 32"));
}

#[test]
fn padding_and_truncation() {
    let valid = blob(RAW);
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
    for codec in [RAW, TANS_NIB, TANS_CRUMB] {
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
    refused(TANS_PAIR, "does not ascend", |blob| blob.exceptions.copy_within(0..4, 4));
    refused(TANS_PAIR, "does not ascend", |blob| blob.exceptions[..8].rotate_left(4));
    refused(TANS_PAIR, "is outside", |blob| {
        // The last tile has one row of 256 elements.
        let last = blob.exceptions.len() - 4;
        blob.exceptions[last..last + 3].copy_from_slice(&[0, 1, 0]);
    });
}

/// Nothing is promised of the outcome, but there is one.
#[test]
fn no_change_of_one_byte_panics() {
    for codec in [RAW, TANS8, TANS_NIB, TANS_PAIR, TANS_CRUMB] {
        let plan = Plan::flat(2, codec);
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
