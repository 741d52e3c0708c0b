//! Writing executes a plan (FORMAT.md section 7). The blob grows part after part as tiles are
//! coded; its front is written last.

mod words;

use super::batches::Batches;
use super::choose::Costs;
use super::encoded_plane::EncodedPlanes;
use super::ordered_map::ordered_map;
use super::plan::EncodePlan;
use super::prepared::Prepared;
use super::residuals::{TileReader, TileScratch};
use super::tensor::TiledTensor;
use crate::Result;
use crate::memory::{append, pad, reserve, reuse};
use wcodec_codec::format::{
    BlobHeader, BlobLayout, IndexEntry, LANES, PlaneHeader, Section, TileRect,
};
use wcodec_cpu::CpuBackend;
use words::{WordsBatch, append_integers, encode_words};

/// Memory that writing keeps between calls.
#[derive(Default)]
pub struct WriteScratch {
    words: Vec<WordsBatch>,
    planes: Vec<PlaneBatch>,
}

/// Memory for the rows of a plane of some tiles, which a thread writes at a time.
#[derive(Default)]
struct PlaneBatch {
    scratch: TileScratch,
    plane: Vec<u8>,
}

/// Words reserved for a lane of a tile beyond the bits of its symbols: for its states, and for
/// words that are not full.
const LANE_WORDS: u64 = 2;

/// Writes the blob of `data` that `plan` describes, whose tiles are prepared, with the raw planes
/// that are encoded already.
pub fn write(
    data: &[u8],
    plan: &EncodePlan,
    encoded: &EncodedPlanes,
    backend: CpuBackend,
    prepared: &mut Prepared,
    WriteScratch { words, planes }: &mut WriteScratch,
    blob: &mut Vec<u8>,
) -> Result<()> {
    let tensor = TiledTensor { data, split: plan.split, grid: plan.grid };
    let reader = TileReader { tensor, codec: plan.codec };
    let expected = expected_layout(plan, encoded, prepared)?;
    reuse(blob, expected.blob_len, "a blob")?;
    pad(blob, expected.words.offset, "a blob")?;
    let first_words = if plan.codec.has_symbols() {
        encode_words(&reader, plan, prepared, backend, words, blob)?
    } else {
        vec![0; plan.tiles.len() + 1]
    };
    let exceptions = prepared.exceptions.values.len() as u64;
    let layout = plan.layout(first_words[plan.tiles.len()] as u64, exceptions, encoded)?;
    append_planes(blob, &layout, &reader, plan, encoded, prepared, planes)?;
    pad(blob, layout.exceptions.offset, "a blob")?;
    append_integers(blob, &mut prepared.exceptions.values)?;
    pad(blob, layout.blob_len, "a blob")?;
    write_front(blob, &layout, plan, prepared, &first_words);
    write_plane_fronts(blob, &layout, encoded);
    Ok(())
}

/// The layout that the blob will have, but for an estimate of its words.
pub fn expected_layout(
    plan: &EncodePlan,
    encoded: &EncodedPlanes,
    prepared: &Prepared,
) -> Result<BlobLayout> {
    let exceptions = prepared.exceptions.values.len() as u64;
    plan.layout(expected_words(plan, prepared), exceptions, encoded)
}

/// An estimate of the tiles' words, so that nearly every blob takes one allocation.
fn expected_words(plan: &EncodePlan, prepared: &Prepared) -> u64 {
    let costs: Vec<Costs> = plan.tables.iter().map(Costs::under).collect();
    let tiles = prepared.histograms.iter().zip(&plan.table_of_tile);
    let bits: f64 = tiles.map(|(tile, &table)| costs[usize::from(table)].bits(tile)).sum();
    let lanes = if plan.codec.has_symbols() { plan.tiles.len() * LANES } else { 0 };
    bits as u64 / 32 + lanes as u64 * LANE_WORDS
}

/// Appends the stored plane and the raw planes, each in its place from the geometry alone.
fn append_planes(
    blob: &mut Vec<u8>,
    layout: &BlobLayout,
    reader: &TileReader<'_>,
    plan: &EncodePlan,
    encoded: &EncodedPlanes,
    prepared: &Prepared,
    in_hand: &mut Vec<PlaneBatch>,
) -> Result<()> {
    let tensor = &reader.tensor;
    let lane_elements = layout.split.lane_elements();
    let stored_bytes = layout.limits.codec.stored_plane_bytes(lane_elements);
    let write_stored = |scratch: &mut TileScratch, tile: usize, _: &TileRect, out: &mut [u8]| {
        prepared.write_plane(reader, plan.tiles[tile], tile, scratch, out);
    };
    append_plane(blob, layout.stored_plane, tensor, stored_bytes, in_hand, write_stored)?;
    for (plane, &section) in layout.raw_planes.iter().enumerate() {
        match (&encoded[plane], layout.coded_planes[plane]) {
            (Some(encoded), Some(places)) => encoded.append_to(blob, &places)?,
            _ => append_raw(blob, section, tensor, plane, in_hand)?,
        }
    }
    Ok(())
}

/// Appends a raw plane as it is.
fn append_raw(
    blob: &mut Vec<u8>,
    section: Section,
    tensor: &TiledTensor<'_>,
    plane: usize,
    in_hand: &mut Vec<PlaneBatch>,
) -> Result<()> {
    let write = |_: &mut TileScratch, _, rect: &TileRect, out: &mut [u8]| {
        tensor.read_raw(rect, plane, out);
    };
    append_plane(blob, section, tensor, tensor.split.lane_elements(), in_hand, write)
}

/// The bytes of a raw plane.
pub fn read_plane(
    tensor: &TiledTensor<'_>,
    plane: usize,
    scratch: &mut WriteScratch,
) -> Result<Vec<u8>> {
    let len = tensor.grid.plane_bytes(tensor.split.lane_elements());
    let mut bytes = reserve(len, "a raw plane")?;
    append_raw(&mut bytes, Section { offset: 0, len }, tensor, plane, &mut scratch.planes)?;
    Ok(bytes)
}

/// Appends a plane with `lane_bytes` bytes a lane and row, `write` being called for each tile;
/// nothing for an empty plane.
fn append_plane(
    blob: &mut Vec<u8>,
    section: Section,
    tensor: &TiledTensor<'_>,
    lane_bytes: usize,
    in_hand: &mut Vec<PlaneBatch>,
    write: impl Fn(&mut TileScratch, usize, &TileRect, &mut [u8]) + Sync,
) -> Result<()> {
    if section.len == 0 {
        return Ok(());
    }
    pad(blob, section.offset, "a blob")?;
    let batches = Batches::of(tensor.grid.tile_count() as usize);
    let make = |number: usize, PlaneBatch { scratch, plane }: &mut PlaneBatch| {
        let mut end = 0;
        for tile in batches.tiles(number) {
            let rect = tensor.grid.tile(tile as u32);
            let start = end;
            end += tensor.plane_bytes(&rect, lane_bytes);
            // Bytes of earlier tiles are overwritten.
            plane.resize(plane.len().max(end), 0);
            write(scratch, tile, &rect, &mut plane[start..end]);
        }
        plane.truncate(end);
    };
    ordered_map(batches.count(), in_hand, make, |batch| append(blob, &batch.plane, "a blob"))?;
    assert_eq!(blob.len() as u64, section.offset + section.len, "a plane has its tiles' bytes");
    Ok(())
}

/// Writes the header, the tables and the index into the room in front.
fn write_front(
    blob: &mut [u8],
    layout: &BlobLayout,
    plan: &EncodePlan,
    prepared: &Prepared,
    first_words: &[usize],
) {
    let header = layout.header();
    blob[..size_of_val(&header)].copy_from_slice(bytemuck::bytes_of(&header));
    let mut tables = part(blob, layout.tables).iter_mut();
    for table in &plan.tables {
        table.write(|byte| *tables.next().expect("planned for all tables") = byte);
    }
    let tiles = plan.tiles.iter().zip(&plan.table_of_tile).enumerate();
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

/// Writes the headers, tables and indices of coded raw planes into the room in front.
fn write_plane_fronts(blob: &mut [u8], layout: &BlobLayout, encoded: &EncodedPlanes) {
    let mut header_at = BlobHeader::LEN;
    for (encoded, places) in encoded.iter().zip(&layout.coded_planes) {
        if let (Some(encoded), Some(places)) = (encoded, places) {
            let header = places.header();
            blob[header_at..][..PlaneHeader::LEN].copy_from_slice(bytemuck::bytes_of(&header));
            header_at += PlaneHeader::LEN;
            part(blob, places.tables).copy_from_slice(encoded.tables());
            part(blob, places.index).copy_from_slice(encoded.index());
        }
    }
}

fn part(blob: &mut [u8], section: Section) -> &mut [u8] {
    &mut blob[section.offset as usize..][..section.len as usize]
}
