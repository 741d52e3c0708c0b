//! From rows of weights to a packed matrix.

use super::matrix::PackedMatrix;
use super::rows::WeightRows;
use super::steps::put_fragment;
use crate::Result;
use crate::memory::resize;
use crate::panic::catch_panic;
use rayon::prelude::*;
use wcodec_codec::packed::fragment::{REGISTERS, place};
use wcodec_codec::packed::{
    BLOCK_ROWS, Exception, FRAGMENTS, Form, Histogram, LANES, Layout, STEP_COLUMNS, Scale, Survey,
};

impl PackedMatrix {
    /// Packs weights in a form, or whole where that would not make them smaller.
    ///
    /// # Errors
    /// [`crate::Error::OutOfMemory`].
    pub fn pack(weights: &WeightRows<'_>, form: Form) -> Result<Self> {
        catch_panic("pack", || pack(weights, form))
    }
}

/// The exceptions of a block of rows, and their number in each row.
struct Beside {
    exceptions: Vec<Exception>,
    counts: [u32; BLOCK_ROWS as usize],
}

fn pack(weights: &WeightRows<'_>, form: Form) -> Result<PackedMatrix> {
    let shape = weights.shape();
    let Survey { form, scale, exceptions } = Survey::new(shape, form, &histogram(weights));
    // The most exceptions that are possible: their number is known at the end.
    let mut layout = Layout { shape, form, exceptions };
    let mut bytes = Vec::new();
    resize(&mut bytes, layout.len(), "a packed matrix")?;
    let block_bytes = shape.steps() as usize * form.step_bytes() as usize;
    let steps = &mut bytes[..layout.weight_bytes() as usize];
    // Without columns there are no bytes of blocks, and nothing beside them.
    let blocks = steps.par_chunks_exact_mut(block_bytes.max(1)).enumerate();
    let beside: Vec<Beside> = blocks
        .map(|(block, steps)| pack_block(weights, form, scale, block as u32, steps))
        .collect();
    let total: usize = beside.iter().map(|block| block.exceptions.len()).sum();
    // No more than the survey said, which fits.
    layout.exceptions = total as u32;
    bytes.truncate(layout.len() as usize);
    if form.has_exceptions() {
        put_beside(&layout, &beside, &mut bytes);
    }
    Ok(PackedMatrix { bytes, layout, scale })
}

/// For each exponent field the number of nonzero weights that have it.
fn histogram(weights: &WeightRows<'_>) -> Histogram {
    let of_row = |row| {
        let mut histogram: Histogram = [0; 256];
        for weight in weights.row(row).chunks_exact(2) {
            let bits = u16::from_le_bytes([weight[0], weight[1]]);
            histogram[usize::from(bits >> 7 & 0xFF)] += u64::from(bits & 0x7FFF != 0);
        }
        histogram
    };
    let add = |mut a: Histogram, b: Histogram| {
        a.iter_mut().zip(b).for_each(|(sum, count)| *sum += count);
        a
    };
    (0..weights.shape().rows()).into_par_iter().map(of_row).reduce(|| [0; 256], add)
}

/// Packs the steps of a block of rows.
fn pack_block(
    weights: &WeightRows<'_>,
    form: Form,
    scale: Scale,
    block: u32,
    steps: &mut [u8],
) -> Beside {
    let mut exceptions: [Vec<Exception>; BLOCK_ROWS as usize] = Default::default();
    for (step, bytes) in steps.chunks_exact_mut(form.step_bytes() as usize).enumerate() {
        for (lane, fragment) in (0..LANES).flat_map(|lane| (0..FRAGMENTS).map(move |f| (lane, f))) {
            let mut codes = [0; REGISTERS];
            for (register, half) in
                (0..REGISTERS).flat_map(|register| [(register, 0), (register, 1)])
            {
                let (row, column) = place(lane, fragment, register as u32, half);
                let column = step as u32 * STEP_COLUMNS + column;
                let Some(weight) = weight_at(weights, block, row, column) else { continue };
                match if form == Form::Whole { Some(weight) } else { scale.encode(weight) } {
                    Some(code) => codes[register] |= u32::from(code) << (16 * half),
                    None => exceptions[row as usize].push(Exception::new(column, weight)),
                }
            }
            put_fragment(form, bytes, lane, fragment, codes);
        }
    }
    for row in &mut exceptions {
        row.sort_unstable_by_key(|exception| exception.column);
    }
    let counts = std::array::from_fn(|row| exceptions[row].len() as u32);
    Beside { exceptions: exceptions.concat(), counts }
}

/// The weight in a row of a block and a column; `None` where the matrix ends before it.
fn weight_at(weights: &WeightRows<'_>, block: u32, row: u32, column: u32) -> Option<u16> {
    let row = block * BLOCK_ROWS + row;
    let is_there = row < weights.shape().rows() && column < weights.shape().columns();
    is_there.then(|| weights.get(row, column))
}

/// Writes row starts and exceptions where the layout has them.
fn put_beside(layout: &Layout, beside: &[Beside], bytes: &mut [u8]) {
    let (mut at, mut start) = (layout.row_starts_at() as usize, 0u32);
    let mut put_start = |start: u32| {
        bytes[at..at + 4].copy_from_slice(&start.to_le_bytes());
        at += 4;
    };
    for count in beside.iter().flat_map(|block| block.counts) {
        put_start(start);
        start += count;
    }
    put_start(start);
    let mut at = layout.exceptions_at() as usize;
    for Exception { column, weight } in beside.iter().flat_map(|block| &block.exceptions) {
        bytes[at..at + 4].copy_from_slice(&column.to_le_bytes());
        bytes[at + 4..at + 8].copy_from_slice(&weight.to_le_bytes());
        at += 8;
    }
}
