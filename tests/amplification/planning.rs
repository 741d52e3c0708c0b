//! A plan for the GPU, which needs no GPU.

use crate::cost::{Most, at_most};
use support::assembler::{CONST, Plan, TANS8, Table, assemble, assemble_with};
use wcodec::Blob;
use wcodec::gpu::{GpuPlan, PlannedTensor};

/// Tables as short as they can be, of two symbols each; those of another `seed` differ.
fn tables(count: usize, seed: usize) -> Vec<Table> {
    let table = |number: usize| {
        let mut counts = [0; 256];
        counts[0] = 128;
        // The residual of the byte 0 where it is predicted.
        counts[128] = 1 + (count * seed + number) as u64 % 3900;
        Table::new(&counts, 12)
    };
    (0..count).map(table).collect()
}

/// Blobs of `bytes` zeros, each with `tables` of its own or, with one seed, all with the same.
fn blobs(count: usize, bytes: usize, tables_each: usize, seeds: usize) -> Vec<Vec<u8>> {
    let plan = Plan { tables: tables_each as u8, ..Plan::flat(0, TANS8) };
    let blob = |number: usize| {
        assemble_with(&tables(tables_each, number % seeds), &vec![0; bytes], &plan).bytes()
    };
    (0..count).map(blob).collect()
}

#[track_caller]
fn plan_takes(factor: f64, what: &str, blobs: &[Vec<u8>]) {
    let input = blobs.iter().map(Vec::len).sum();
    let parsed: Vec<_> = blobs.iter().map(|blob| Blob::parse(blob).unwrap()).collect();
    at_most(Most { held: factor, in_all: 1.5 * factor }, input, what, || {
        let whole = |blob| PlannedTensor::whole(Blob::front(blob), 0, 0);
        GpuPlan::new(&parsed.iter().map(whole).collect::<Vec<_>>()).unwrap();
    });
}

/// The shortest bands that there are, of the tallest tiles, which are constant.
#[test]
fn bands_of_a_transposed_tensor() {
    for order in [[1, 2, 8192], [1, 8192, 2], [8, 64, 32]] {
        let plan = Plan { order, tile_rows: 256, ..Plan::flat(0, CONST) };
        let blobs = vec![assemble(&vec![7; 256 << 20 >> 4], &plan).bytes()];
        // For a tile, which has 12 bytes of an index entry: a block of its own, as there are few,
        // and 48 bytes for each of 8 bands, which are there twice in the end.
        plan_takes(127.0, "bands of 16 KiB", &blobs);
    }
}

/// Bytes of a tile.
const TILE: usize = 8 * 512;

/// Of the tables that a blob has none counts but those that its tiles have, and each once.
#[test]
fn tables_that_no_tile_has_cost_nothing() {
    plan_takes(2.0, "16 tables for one tile", &blobs(2000, TILE, 16, 1));
    plan_takes(1.0, "the same 16 tables for 16 tiles", &blobs(200, 16 * TILE, 16, 1));
}

#[test]
fn a_table_for_every_tile() {
    plan_takes(26.0, "16 tables for 16 tiles", &blobs(100, 16 * TILE, 16, 100));
    plan_takes(42.0, "a table for every byte", &blobs(1600, 1, 1, 1600));
}
