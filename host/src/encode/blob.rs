//! A blob put together (FORMAT.md section 7): it grows as tiles are coded, part after part, and gets its front at last.

use super::cluster::{Clustering, cluster};
use super::code::{Coding, append_integers, code_all};
use super::prepare::{Batches, Prepared};
use super::select::Selection;
use super::source::Source;
use super::tiles::{TilePolicy, TileScratch};
use super::waves::in_order;
use super::workspace::{Batch, Workspace};
use crate::memory::{append, pad, reuse};
use crate::{Error, Result};
use wcodec_codec::format::{BlobLayout, IndexEntry, LANES, Section, SpanLimits, TileRect};

/// What is reserved for a lane of a tile, in words, beyond the bits that its symbols take: for its states, and for words that
/// are not full.
const LANE_WORDS: u64 = 2;

/// Codes a tensor as `selection` says, into `blob`.
pub fn encode(
    data: &[u8],
    selection: &Selection,
    coding: Coding,
    workspace: &mut Workspace,
    blob: &mut Vec<u8>,
) -> Result<()> {
    let policy = TilePolicy {
        source: Source { data, split: selection.split, grid: selection.grid },
        codec: selection.codec,
        predictors: &selection.predictors,
        tolerance: coding.tolerance,
        rank_costs: selection.rank_costs.clone(),
    };
    let has_symbols = selection.codec.has_symbols();
    let Workspace { prepared, batches } = workspace;
    prepared.prepare(&policy, batches)?;
    let tiles = prepared.choices.len();
    let clustering = if has_symbols && tiles > 0 {
        cluster(&prepared.histograms, coding.tolerance / 5.0)
    } else {
        Clustering { models: Vec::new(), table_of_tile: vec![0; tiles] }
    };
    let words = clustering.bits(&prepared.histograms) as u64 / 32;
    let words = words + (tiles * LANES) as u64 * LANE_WORDS;
    let exceptions = prepared.exceptions.values.len() as u64;

    let plan = Plan { selection, clustering: &clustering };
    let expected = plan.layout(words, exceptions)?;
    reuse(blob, expected.blob_len, "a blob")?;
    pad(blob, expected.words.offset, "a blob")?;
    let first_words = if has_symbols {
        code_all(&policy, prepared, &clustering, coding, batches, blob)?
    } else {
        vec![0; tiles + 1]
    };
    let layout = plan.layout(first_words[tiles] as u64, exceptions)?;
    append_planes(blob, &layout, &policy, prepared, batches)?;
    pad(blob, layout.exceptions.offset, "a blob")?;
    append_integers(blob, &mut prepared.exceptions.values)?;
    pad(blob, layout.blob_len, "a blob")?;
    write_front(blob, &layout, prepared, &clustering, &first_words);
    Ok(())
}

/// What a blob's layout follows from, but for the numbers of its words and exceptions.
struct Plan<'a> {
    selection: &'a Selection,
    clustering: &'a Clustering,
}

impl Plan<'_> {
    fn layout(&self, word_count: u64, exceptions: u64) -> Result<BlobLayout> {
        let Self { selection, clustering } = *self;
        let mut tables_len = 0;
        clustering.models.iter().for_each(|model| model.table.write(|_| tables_len += 1));
        let limits = SpanLimits {
            codec: selection.codec,
            table_count: clustering.models.len() as u8,
            word_count,
            exception_count: u32::try_from(exceptions).map_err(|_| {
                Error::InvalidArgument(format!("{exceptions} exceptions: choose another codec"))
            })?,
        };
        let (split, grid, constants) = (selection.split, selection.grid, selection.plane_constants);
        let layout = BlobLayout::plan(split, grid, limits, constants, tables_len)
            .map_err(|invalid| Error::InvalidArgument(invalid.to_string()))?;
        Ok(BlobLayout { coded_constant: selection.coded_constant, ..layout })
    }
}

/// Appends the stored plane and the raw planes, each in its place from the geometry alone.
fn append_planes(
    blob: &mut Vec<u8>,
    layout: &BlobLayout,
    policy: &TilePolicy<'_>,
    prepared: &Prepared,
    batches: &mut Vec<Batch>,
) -> Result<()> {
    let source = &policy.source;
    let lane_elements = layout.split.lane_elements();
    let coded_bytes = layout.limits.codec.stored_plane_bytes(lane_elements);
    let write_coded = |scratch: &mut TileScratch, tile: usize, _: &TileRect, out: &mut [u8]| {
        prepared.write_plane(policy, tile, scratch, out);
    };
    append_plane(blob, layout.stored_plane, source, coded_bytes, batches, write_coded)?;
    for (plane, &section) in layout.raw_planes.iter().enumerate() {
        let write_raw = |_: &mut TileScratch, _, rect: &TileRect, out: &mut [u8]| {
            source.read_raw(rect, plane, out);
        };
        append_plane(blob, section, source, lane_elements, batches, write_raw)?;
    }
    Ok(())
}

/// Appends a plane with `lane_bytes` bytes a lane and row, `write` being called for each tile; nothing for an empty plane.
fn append_plane(
    blob: &mut Vec<u8>,
    section: Section,
    source: &Source<'_>,
    lane_bytes: usize,
    in_hand: &mut Vec<Batch>,
    write: impl Fn(&mut TileScratch, usize, &TileRect, &mut [u8]) + Sync,
) -> Result<()> {
    if section.len == 0 {
        return Ok(());
    }
    pad(blob, section.offset, "a blob")?;
    let batches = Batches::of(source.grid.tile_count() as usize);
    let make = |number: usize, Batch { scratch, plane, .. }: &mut Batch| {
        let mut end = 0;
        for tile in batches.tiles(number) {
            let rect = source.grid.tile(tile as u32);
            let start = end;
            end += source.plane_bytes(&rect, lane_bytes);
            // What is there of other tiles is overwritten.
            plane.resize(plane.len().max(end), 0);
            write(scratch, tile, &rect, &mut plane[start..end]);
        }
        plane.truncate(end);
    };
    in_order(batches.count(), in_hand, make, |batch| append(blob, &batch.plane, "a blob"))?;
    assert_eq!(blob.len() as u64, section.offset + section.len, "a plane has its tiles' bytes");
    Ok(())
}

/// Writes the header, the tables and the index, for which there is room in front.
fn write_front(
    blob: &mut [u8],
    layout: &BlobLayout,
    prepared: &Prepared,
    clustering: &Clustering,
    first_words: &[usize],
) {
    let header = layout.header();
    blob[..size_of_val(&header)].copy_from_slice(bytemuck::bytes_of(&header));
    let mut tables = part(blob, layout.tables).iter_mut();
    for model in &clustering.models {
        model.table.write(|byte| *tables.next().expect("planned for all tables") = byte);
    }
    let tiles = prepared.choices.iter().zip(&clustering.table_of_tile).enumerate();
    let entries = tiles.map(|(tile, (choice, &table))| {
        let (words, exceptions) =
            (first_words[tile] as u64, prepared.exceptions.start(tile) as u32);
        IndexEntry::new(words, table, choice.predictor, choice.base, exceptions)
    });
    let limits = &layout.limits;
    let end = IndexEntry::end(limits.word_count, limits.exception_count);
    let places = part(blob, layout.index).chunks_exact_mut(IndexEntry::LEN);
    for (place, entry) in places.zip(entries.chain([end])) {
        place.copy_from_slice(bytemuck::bytes_of(&entry));
    }
}

fn part(blob: &mut [u8], section: Section) -> &mut [u8] {
    &mut blob[section.offset as usize..][..section.len as usize]
}
