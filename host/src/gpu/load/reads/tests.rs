//! What a load reads of a blob is right without a device.

use super::*;
use crate::blob::{Cut, tile_rows_of};
use crate::{Blob, Decoder, DeviceChoice, Dtype, Encoder, Order, RawPlanes, TensorView};
use wcodec_codec::format::{PlaneCodec, Predictor};

/// Bytes of a tensor's row.
const ROW: u64 = 2048;
/// Its rows.
const ROWS: u64 = 240;

/// Weights whose low bytes are coarse, so that their planes are worth coding.
fn weights() -> Vec<u8> {
    let mut state = 1u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    (0..ROWS * ROW / 2).flat_map(|_| [next() & 0x33, 60 + next() % 5 + next() % 4]).collect()
}

/// Blobs of these weights whose parts lie in every way that there is.
fn blobs() -> Vec<Vec<u8>> {
    let short = Encoder::new().tile_rows(8);
    let coded = RawPlanes::Coded(None);
    let encoders = [
        short.clone().codec(PlaneCodec::TansPair).raw_planes(RawPlanes::Stored),
        short.clone().codec(PlaneCodec::TansCrumb).predictor(Predictor::None),
        short.clone().codec(PlaneCodec::Tans8).raw_planes(coded),
        short.clone().codec(PlaneCodec::Raw),
        Encoder::new().tile_rows(12).order(Order::Columns { element_bytes: 2, columns: 64 }),
    ];
    let data = weights();
    let tensor = TensorView::new(Dtype::BF16, &[ROWS, ROW / 2], &data).unwrap();
    encoders.iter().map(|encoder| encoder.encode(&tensor).unwrap()).collect()
}

/// What is read for some rows.
fn reads(blob: &Blob<'_>, rows: &Range<u64>, parts_are_enough: bool) -> Reads {
    let (tile_rows, _) = PlannedTensor::rows_of(blob.front(), &(rows.start * ROW..rows.end * ROW));
    Reads::of(blob.front(), &tile_rows, parts_are_enough)
}

/// The blob, of which nothing after the front is left but what was read.
fn only(bytes: &[u8], blob: &Blob<'_>, reads: &Reads) -> Vec<u8> {
    let front = blob.layout().words.offset as usize;
    let mut left = bytes[..front].to_vec();
    left.resize(bytes.len(), 0);
    for Range { start, end } in &reads.ranges {
        let range = *start as usize..*end as usize;
        left[range.clone()].copy_from_slice(&bytes[range]);
    }
    left
}

#[test]
fn rows_are_decoded_from_what_is_read_for_them() {
    let (data, decoder) = (weights(), Decoder::open(DeviceChoice::Cpu).unwrap());
    for (number, bytes) in blobs().into_iter().enumerate() {
        let blob = Blob::parse(&bytes).unwrap();
        for rows in [0..1, 7..9, 100..101, 120..180, ROWS - 1..ROWS, 0..ROWS - 1, 0..ROWS] {
            let reads = reads(&blob, &rows, true);
            let left = only(&bytes, &blob, &reads);
            let range = rows.start * ROW..rows.end * ROW;
            let mut decoded = vec![0xA5; (range.end - range.start) as usize];
            let expected = &data[range.start as usize..range.end as usize];
            decoder.decode_range(&Blob::parse(&left).unwrap(), range, &mut decoded).unwrap();
            assert!(decoded == expected, "{number}: {rows:?}");
            let ends = reads.ranges.iter().map(|range| range.end);
            let starts = reads.ranges.iter().skip(1).map(|range| range.start);
            assert!(ends.zip(starts).all(|(end, next)| end < next), "{number}: {rows:?}");
            let is_unit = |at: u64| at.is_multiple_of(16) || at == bytes.len() as u64;
            assert!(reads.ranges.iter().all(|range| is_unit(range.start) && is_unit(range.end)));
        }
    }
}

/// Rows cost their share of the blob, and little more.
#[test]
fn a_row_costs_its_tile_rows() {
    for (number, bytes) in blobs().into_iter().enumerate() {
        let blob = Blob::parse(&bytes).unwrap();
        let all = PlannedTensor::all_rows(blob.front()).end;
        for rows in [0..1, 7..9, 100..101, 120..180, ROWS - 1..ROWS] {
            let range = rows.start * ROW..rows.end * ROW;
            let (tile_rows, _) = PlannedTensor::rows_of(blob.front(), &range);
            let reads = reads(&blob, &rows, true);
            let share = bytes.len() as u64 * (tile_rows.end - tile_rows.start) / all;
            let read = reads.byte_len();
            assert!(!reads.is_whole && read > 0, "{number}: {rows:?}");
            assert!(read < share + share / 4 + 200, "{number}: {rows:?}: {read}, {share}");
        }
    }
}

/// One definition in two places: the parts of a cut that has all columns are those of its tile rows.
#[test]
fn a_cut_has_what_is_read() {
    let mut cuts = 0;
    for bytes in blobs() {
        let blob = Blob::parse(&bytes).unwrap();
        let grid = blob.layout().grid;
        for rows in [0..1, 7..9, 120..180] {
            let tile_rows = tile_rows_of(&grid, &(rows.start * ROW..rows.end * ROW));
            let cut = Cut::of(blob.front(), tile_rows, 0..grid.columns()).unwrap();
            let Some(cut) = cut else { continue };
            cuts += 1;
            let reads = reads(&blob, &rows, true);
            let copied: u64 = cut.copies().iter().map(|copy| copy.from.end - copy.from.start).sum();
            let around = |copy: &Range<u64>| {
                reads.ranges.iter().any(|r| r.start <= copy.start && copy.end <= r.end)
            };
            assert!(cut.copies().iter().all(|copy| around(&copy.from)));
            assert!(reads.byte_len() < copied + 30 * reads.ranges.len() as u64 + 1);
        }
    }
    assert!(cuts >= 6, "{cuts}");
}

#[test]
fn all_is_read_where_parts_are_not_enough() {
    let whole = |reads: Reads, bytes: &[u8]| {
        assert!(reads.is_whole && reads.byte_len() == bytes.len() as u64, "{reads:?}");
    };
    for bytes in blobs() {
        let blob = Blob::parse(&bytes).unwrap();
        whole(reads(&blob, &(0..1), false), &bytes);
        whole(reads(&blob, &(0..ROWS), true), &bytes);
        whole(reads(&blob, &(3..3), true), &bytes);
    }
    let tensor = vec![7; (ROWS * ROW) as usize];
    let tensor = TensorView::new(Dtype::I8, &[ROWS, ROW], &tensor).unwrap();
    let bytes = Encoder::new().tile_rows(8).encode(&tensor).unwrap();
    whole(reads(&Blob::parse(&bytes).unwrap(), &(0..1), true), &bytes);
}
