//! Blobs that the encoder would not write, assembled by hand from FORMAT.md: a reader must accept
//! them all the same.

use support::assembler::{
    Blob, Plan, RANS_PAIR, RANS8, RAW, TANS_CRUMB, TANS_NIB, TANS_PAIR, TANS8, assemble, original,
};
use support::{Random, check_blob};
use wcodec::Blob as ParsedBlob;

const WITH_SYMBOLS: [u8; 6] = [TANS8, TANS_NIB, TANS_PAIR, TANS_CRUMB, RANS8, RANS_PAIR];

/// 17 tiles and a ragged one, so that every table has one and every predictor has several.
fn blob_of(plan: &Plan) -> (Blob, Vec<u8>) {
    let data = original(plan.split.into(), 17 * 4096 + 700, plan.element_size());
    (assemble(&data, plan), data)
}

/// Each number of tables, their widths going round from 8 to 12.
#[test]
fn every_number_of_tables_and_every_width() {
    for tables in 1..=16 {
        for codec in WITH_SYMBOLS {
            let plan = Plan { tables, ..Plan::flat(tables % 6, codec) };
            let (blob, data) = blob_of(&plan);
            let widths = check_blob(&blob.bytes(), &data).prob_bits;
            let expected: Vec<u8> = (0..tables).map(|table| 8 + table % 5).collect();
            assert_eq!(widths, expected);
        }
    }
}

/// All predictors in one blob, in both geometries, and tile heights that the last tile row breaks.
#[test]
fn every_split_codec_and_geometry() {
    for split in 0..6 {
        for codec in [RAW, TANS8, TANS_NIB, TANS_PAIR, TANS_CRUMB, RANS8, RANS_PAIR] {
            let plan = Plan { tables: 3, ..Plan::flat(split, codec) };
            let (blob, data) = blob_of(&plan);
            check_blob(&blob.bytes(), &data);
            let matrix = Plan { row_bytes: 1536, tile_rows: 17, ..plan };
            let data = original(7, 37 * 1536, matrix.element_size());
            check_blob(&assemble(&data, &matrix).bytes(), &data);
        }
    }
}

/// Section 6.3: in place of a needless word before the last needed one a writer stores a zero, "of
/// which readers take no notice".
#[test]
fn needless_words_of_any_value() {
    for codec in WITH_SYMBOLS {
        let plan = Plan { tables: 5, ..Plan::flat(2, codec) };
        let (as_written, _) = blob_of(&plan);
        let (blob, data) = blob_of(&Plan { arbitrary_needless_words: true, ..plan });
        assert_eq!(blob.words.len(), as_written.words.len());
        let pairs = blob.words.chunks(4).zip(as_written.words.chunks(4));
        let needless: Vec<_> = pairs.filter(|(any, written)| any != written).collect();
        assert!(!needless.is_empty());
        assert!(needless.iter().all(|(_, written)| *written == [0; 4]));
        check_blob(&blob.bytes(), &data);
    }
}

/// Section 7.4: what belongs to elements beyond the end "a reader ignores".
#[test]
fn what_lies_beyond_the_last_element_is_ignored() {
    for split in 0..6 {
        for codec in [RAW, TANS_NIB] {
            let plan = Plan::flat(split, codec);
            let size = plan.element_size();
            let data = original(1, 4096 + size, size);
            let mut blob = assemble(&data, &plan);
            for plane in [&mut blob.coded].into_iter().chain(&mut blob.raw) {
                if let Some(last) = plane.last_mut() {
                    assert_eq!(*last, 0);
                    *last = 0xFF;
                }
            }
            check_blob(&blob.bytes(), &data);
        }
    }
}

/// Section 7.5: "An exception may also give a residual that has a rank", and it may stand anywhere
/// in the columns of a short last row.
#[test]
fn exceptions_that_need_not_be() {
    for codec in [TANS_PAIR, TANS_CRUMB, RANS_PAIR] {
        let plan = Plan::flat(0, codec);
        // One tile of two rows, the second of 20 bytes, and every residual an exception.
        let mut random = Random::new(7);
        let data: Vec<u8> = (0..532).map(|_| 40 + random.below(16) as u8).collect();
        let mut blob = assemble(&data, &plan);
        let residuals = data.iter().chain([&0; 1024 - 532]).zip(0u32..);
        blob.exceptions = residuals
            .flat_map(|(&residual, position)| (u32::from(residual) << 24 | position).to_le_bytes())
            .collect();
        blob.index[20..24].copy_from_slice(&1024u32.to_le_bytes());
        blob.set(40, 4, 1024);
        let length = blob.bytes().len() as u64;
        blob.set(48, 8, length);
        assert_eq!(check_blob(&blob.bytes(), &data).exceptions, 1024);
    }
}

/// A blob may lie at any address.
#[test]
fn blobs_at_odd_addresses() {
    let (blob, data) = blob_of(&Plan::flat(4, TANS_PAIR));
    let bytes = blob.bytes();
    for shift in 1..16 {
        let shifted = [vec![0; shift], bytes.clone()].concat();
        check_blob(&shifted[shift..], &data);
    }
    assert_eq!(ParsedBlob::parse(&bytes).unwrap().as_bytes(), bytes);
}
