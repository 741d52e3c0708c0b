//! A blob put together (FORMAT.md section 7): tiles coded in parallel, then every part to its place.

use super::cluster::{Clustering, cluster};
use super::histogram::Histogram;
use super::select::Selection;
use super::source::Source;
use super::tiles::{TileChoice, TilePolicy, TileScratch};
use crate::decode::reserve;
use crate::{Error, Result};
use rayon::prelude::*;
use wcodec_cpu::{CpuWarp, EncodingTable, TileSymbols};
use wcodec_kernels::format::{BlobLayout, IndexEntry, LANES, Section, SpanLimits, TileGrid};

/// Most tiles that are coded into one buffer.
const MOST_BATCH_TILES: usize = 16;
/// Batches that keep all threads busy to the end, where there are tiles enough.
const ENOUGH_BATCHES: usize = 64;

/// The words and exceptions of some tiles in a row, and where each tile's end.
#[derive(Default)]
struct Batch {
    words: Vec<u32>,
    exceptions: Vec<u32>,
    ends: Vec<(usize, usize)>,
}

/// What coding needs to know beyond what was selected for the tensor.
#[derive(Clone, Copy)]
pub struct Coding {
    pub warp: CpuWarp,
    /// States a lane, for codecs that have any.
    pub states: u8,
    /// What fewer tables and simpler predictors may cost, as a part of the size.
    pub tolerance: f64,
}

/// Codes a tensor as `selection` says.
pub fn encode(data: &[u8], selection: &Selection, coding: Coding) -> Result<Vec<u8>> {
    let policy = TilePolicy {
        source: Source { data, split: selection.split, grid: selection.grid },
        codec: selection.codec,
        predictors: &selection.predictors,
        tolerance: coding.tolerance,
        rank_costs: selection.rank_costs.clone(),
    };
    let has_symbols = selection.codec.has_symbols();
    let (choices, histograms) = choose_all(&policy);
    let clustering = if has_symbols && !choices.is_empty() {
        cluster(&histograms, coding.tolerance / 5.0)
    } else {
        Clustering { models: Vec::new(), table_of_tile: vec![0; choices.len()] }
    };
    drop(histograms);
    let coding = Coding { states: if has_symbols { coding.states } else { 1 }, ..coding };
    let batches = code_all(&policy, &choices, &clustering, coding);
    let layout = plan(selection, &clustering, &batches, coding.states)?;
    let mut blob = reserve(layout.blob_len, "a blob")?;
    blob.resize(layout.blob_len as usize, 0);
    write_parts(&mut blob, &layout, &choices, &clustering, &batches);
    drop(batches);
    write_planes(&mut blob, &layout, &policy, &choices);
    Ok(blob)
}

/// Decides every tile and counts its symbols.
fn choose_all(policy: &TilePolicy<'_>) -> (Vec<TileChoice>, Vec<Histogram>) {
    let has_symbols = policy.codec.has_symbols();
    (0..policy.source.grid.tile_count())
        .into_par_iter()
        .map_init(TileScratch::default, |scratch, tile| {
            let choice = policy.choose(tile, scratch);
            if !has_symbols {
                return (choice, None);
            }
            policy.prepare_read(tile, choice, scratch);
            (choice, Some(Histogram::of(&scratch.symbols)))
        })
        .fold(<(Vec<_>, Vec<_>)>::default, |(mut choices, mut histograms), (choice, histogram)| {
            choices.push(choice);
            histograms.extend(histogram);
            (choices, histograms)
        })
        .reduce(<(Vec<_>, Vec<_>)>::default, |(mut choices, mut histograms), behind| {
            choices.extend(behind.0);
            histograms.extend(behind.1);
            (choices, histograms)
        })
}

/// Codes every tile's symbols and exceptions.
fn code_all(
    policy: &TilePolicy<'_>,
    choices: &[TileChoice],
    clustering: &Clustering,
    coding: Coding,
) -> Vec<Batch> {
    if !policy.codec.has_symbols() && !policy.codec.has_ranks() {
        return Vec::new();
    }
    let tables: Vec<EncodingTable> =
        clustering.models.iter().map(|model| EncodingTable::new(&model.table)).collect();
    let steps = policy.codec.steps(policy.source.split.lane_elements());
    let batch_tiles = (choices.len() / ENOUGH_BATCHES).clamp(1, MOST_BATCH_TILES);
    choices
        .par_chunks(batch_tiles)
        .enumerate()
        .map_init(TileScratch::default, |scratch, (number, choices)| {
            let mut batch = Batch::default();
            for (within, &choice) in choices.iter().enumerate() {
                let tile = number * batch_tiles + within;
                policy.prepare(tile as u32, choice, scratch);
                if policy.codec.has_symbols() {
                    let table = &tables[usize::from(clustering.table_of_tile[tile])];
                    let TileScratch { symbols, words, .. } = scratch;
                    let symbols = TileSymbols { symbols, steps, states: coding.states };
                    coding.warp.encode_tile(table, symbols, words, &mut batch.words);
                }
                batch.exceptions.extend_from_slice(&scratch.exceptions);
                batch.ends.push((batch.words.len(), batch.exceptions.len()));
            }
            batch
        })
        .collect()
}

fn plan(
    selection: &Selection,
    clustering: &Clustering,
    batches: &[Batch],
    states: u8,
) -> Result<BlobLayout> {
    let mut tables_len = 0;
    clustering.models.iter().for_each(|model| model.table.write(|_| tables_len += 1));
    let exceptions: usize = batches.iter().map(|batch| batch.exceptions.len()).sum();
    let words: usize = batches.iter().map(|batch| batch.words.len()).sum();
    let limits = SpanLimits {
        codec: selection.codec,
        states,
        table_count: clustering.models.len() as u8,
        word_count: words as u64,
        exception_count: u32::try_from(exceptions).map_err(|_| {
            Error::InvalidArgument(format!("{exceptions} exceptions: choose another codec"))
        })?,
    };
    let (split, grid, constants) = (selection.split, selection.grid, selection.plane_constants);
    let layout = BlobLayout::plan(split, grid, limits, constants, tables_len)
        .map_err(|invalid| Error::InvalidArgument(invalid.to_string()))?;
    Ok(BlobLayout { coded_constant: selection.coded_constant, ..layout })
}

fn part(blob: &mut [u8], section: Section) -> &mut [u8] {
    &mut blob[section.offset as usize..][..section.len as usize]
}

/// Writes everything but the planes.
fn write_parts(
    blob: &mut [u8],
    layout: &BlobLayout,
    choices: &[TileChoice],
    clustering: &Clustering,
    batches: &[Batch],
) {
    let header = layout.header();
    blob[..size_of_val(&header)].copy_from_slice(bytemuck::bytes_of(&header));
    let mut tables = part(blob, layout.tables).iter_mut();
    for model in &clustering.models {
        model.table.write(|byte| *tables.next().expect("planned for all tables") = byte);
    }
    write_index(part(blob, layout.index), layout, choices, clustering, batches);
    write_all(part(blob, layout.words), batches.iter().map(|batch| &batch.words[..]));
    write_all(part(blob, layout.exceptions), batches.iter().map(|batch| &batch.exceptions[..]));
}

/// Writes integers of 32 bits, batch after batch.
fn write_all<'a>(out: &mut [u8], batches: impl Iterator<Item = &'a [u32]>) {
    let mut places = out.as_chunks_mut::<4>().0;
    for batch in batches {
        let (front, rest) = places.split_at_mut(batch.len());
        for (place, integer) in front.iter_mut().zip(batch) {
            *place = integer.to_le_bytes();
        }
        places = rest;
    }
}

fn write_index(
    out: &mut [u8],
    layout: &BlobLayout,
    choices: &[TileChoice],
    clustering: &Clustering,
    batches: &[Batch],
) {
    let (mut words, mut exceptions) = (0, 0);
    let mut starts = vec![(0, 0)];
    for batch in batches {
        starts.extend(batch.ends.iter().map(|&(w, e)| (words + w, exceptions + e)));
        words += batch.words.len();
        exceptions += batch.exceptions.len();
    }
    starts.resize(choices.len() + 1, (words, exceptions));
    let tiles = choices.iter().zip(&clustering.table_of_tile).zip(&starts);
    let entries = tiles.map(|((choice, &table), &(words, exceptions))| {
        IndexEntry::new(words as u64, table, choice.predictor, choice.base, exceptions as u32)
    });
    let limits = &layout.limits;
    let end = IndexEntry::end(limits.word_count, limits.exception_count);
    let places = out.chunks_exact_mut(IndexEntry::LEN);
    for (place, entry) in places.zip(entries.chain([end])) {
        place.copy_from_slice(bytemuck::bytes_of(&entry));
    }
}

/// Writes the coded plane and the raw planes, which have their place from the geometry alone.
fn write_planes(
    blob: &mut [u8],
    layout: &BlobLayout,
    policy: &TilePolicy<'_>,
    choices: &[TileChoice],
) {
    let lane_elements = layout.split.lane_elements();
    let source = &policy.source;
    let coded_bytes = layout.limits.codec.coded_plane_bytes(lane_elements);
    let coded = part(blob, layout.coded_plane);
    for_each_tile(coded, &layout.grid, coded_bytes, |scratch, tile, out| {
        policy.write_plane(tile, choices[tile as usize], scratch, out);
    });
    for (plane, &section) in layout.raw_planes.iter().enumerate() {
        for_each_tile(part(blob, section), &layout.grid, lane_elements, |_, tile, out| {
            source.read_raw(&source.grid.tile(tile), plane, out);
        });
    }
}

/// Calls `write` for each tile's bytes of a plane with `lane_bytes` bytes a lane and row; not at all for an empty plane.
fn for_each_tile(
    plane: &mut [u8],
    grid: &TileGrid,
    lane_bytes: usize,
    write: impl Fn(&mut TileScratch, u32, &mut [u8]) + Sync,
) {
    if plane.is_empty() {
        return;
    }
    let row_bytes = LANES * lane_bytes;
    let columns = grid.columns() as usize;
    let tile_row_bytes = grid.tile_rows() as usize * columns * row_bytes;
    plane.par_chunks_mut(tile_row_bytes).enumerate().for_each_init(
        TileScratch::default,
        |scratch, (tile_row, tiles)| {
            let first = tile_row * columns;
            let height = grid.tile(first as u32).rows as usize;
            for (column, out) in tiles.chunks_mut(height * row_bytes).enumerate() {
                write(scratch, (first + column) as u32, out);
            }
        },
    );
}
