//! Damage in one tile: it is named, and the others are as sound as before.

use std::ops::Range;
use support::mutants::{Specimen, specimens};
use support::{Random, cpu, decode};
use wcodec::{Blob, Error};

/// The bytes of each tile's words.
fn words_of_tiles(specimen: &Specimen) -> Vec<Range<usize>> {
    let blob = Blob::parse(&specimen.bytes).unwrap();
    let start = blob.layout().words.offset as usize;
    let tiles = 0..blob.layout().grid.tile_count();
    let spans = tiles.map(|tile| blob.span(tile));
    spans
        .map(|span| {
            let first = start + 4 * span.words_start as usize;
            first..first + 4 * span.words as usize
        })
        .collect()
}

/// Turns a bit in the words of a tile, one with which the reference refuses the tile. As a tile
/// that ends as it must is not proven sound, not every bit is one.
fn damage(specimen: &Specimen, tile: usize, bytes: &mut [u8]) {
    for at in words_of_tiles(specimen)[tile].clone() {
        let mut damaged = specimen.bytes.clone();
        damaged[at] ^= 0x10;
        if reference::decode_blob(&damaged).is_err() {
            bytes[at] ^= 0x10;
            return;
        }
    }
    panic!("{}: whatever is damaged in tile {tile}, it is decoded", specimen.name);
}

#[test]
fn the_tile_at_fault_is_named() {
    let mut random = Random::new(12);
    let mut named = 0;
    for specimen in specimens() {
        for (tile, words) in words_of_tiles(&specimen).into_iter().enumerate() {
            for _ in 0..30 * words.len().min(1) {
                let mut bytes = specimen.bytes.clone();
                bytes[words.start + random.below(words.len() as u64) as usize] ^=
                    1 << random.below(8);
                if let Err(error) = decode(&cpu(), &bytes) {
                    let Error::Corrupt { place, .. } = &error else { panic!("{error:?}") };
                    assert_eq!(*place, format!("tile {tile}"), "{}", specimen.name);
                    named += 1;
                }
            }
        }
    }
    assert!(named > 100, "only {named} were refused");
}

/// The first bad tile is named, whichever thread meets its tile first.
#[test]
fn the_first_of_several_is_named() {
    let specimens: Vec<Specimen> =
        specimens().into_iter().filter(|s| s.layout().limits.word_count > 0).collect();
    assert!(!specimens.is_empty());
    for specimen in specimens {
        let mut bytes = specimen.bytes.clone();
        let tiles = 0..words_of_tiles(&specimen).len();
        tiles.for_each(|tile| damage(&specimen, tile, &mut bytes));
        for _ in 0..5 {
            let error = decode(&cpu(), &bytes).unwrap_err();
            assert!(error.to_string().starts_with("tile 0 is corrupt"), "{error}");
        }
    }
}

/// Damage in the first tile row leaves the second as it is, but for the rest of a band.
#[test]
fn a_range_is_not_kept_from_its_tiles_by_others() {
    let mut tried = 0;
    let apart =
        |s: &&Specimen| s.layout().limits.word_count > 0 && s.layout().transposition.is_none();
    for specimen in specimens().iter().filter(apart) {
        let sound = decode(&cpu(), &specimen.bytes).unwrap();
        let mut bytes = specimen.bytes.clone();
        damage(specimen, 0, &mut bytes);
        let blob = Blob::parse(&bytes).unwrap();
        let second = 8 * blob.layout().grid.row_bytes();
        let mut decoded = vec![0xA5; sound.len() - second as usize];
        cpu().decode_range(&blob, second..blob.byte_len(), &mut decoded).unwrap();
        assert!(decoded == sound[second as usize..], "{}", specimen.name);
        assert!(cpu().decode_range(&blob, 0..1, &mut [0]).is_err(), "{}", specimen.name);
        tried += 1;
    }
    assert!(tried > 5);
}
