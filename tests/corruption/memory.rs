//! No number that a blob gives is believed before it is proven: parsing takes the same memory
//! whatever the header claims.

use allocation_counter::measure;
use std::hint::black_box;
use support::mutants::{Specimen, specimens};
use wcodec::Blob;

/// Sixteen tables, and as much again as they may have outgrown.
const MOST_PARSING_TAKES: u64 = 2 * 16 * 600;

fn bytes_to_parse(bytes: &[u8]) -> u64 {
    measure(|| {
        // An error counts too, with its text.
        let _ = black_box(Blob::parse(bytes));
    })
    .bytes_total
}

fn check(bytes: &[u8], what: &str) {
    let taken = bytes_to_parse(bytes);
    assert!(taken <= MOST_PARSING_TAKES, "{what}: {taken} bytes");
}

fn largest_integers(Specimen { name, bytes }: &Specimen) {
    for (start, end) in [(16, 24), (24, 32), (32, 40), (40, 44), (44, 48), (48, 56)] {
        for top in [0x00, 0x7F, 0xFF] {
            let mut changed = bytes.clone();
            changed[start..end].fill(0xFF);
            changed[end - 1] = top;
            check(&changed, name);
            // The length of a row and of a tensor must be whole.
            changed[start..start + 2].fill(0);
            check(&changed, name);
        }
    }
}

#[test]
fn parsing_takes_no_memory_on_trust() {
    for specimen in specimens() {
        check(&specimen.bytes, &specimen.name);
        largest_integers(&specimen);
        for at in 4..specimen.front() {
            let mut changed = specimen.bytes.clone();
            changed[at] = 0xFF;
            check(&changed, &specimen.name);
        }
    }
}

/// The measure above does measure.
#[test]
fn tables_are_seen() {
    let tables = |specimen: &Specimen| specimen.layout().limits.table_count;
    let with_tables: Vec<Specimen> =
        specimens().into_iter().filter(|specimen| tables(specimen) > 0).collect();
    assert!(!with_tables.is_empty());
    for specimen in with_tables {
        assert!(bytes_to_parse(&specimen.bytes) >= 512, "{}", specimen.name);
    }
}
