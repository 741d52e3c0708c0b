//! From rows of weights to a packed matrix.

use super::matrix::PackedMatrix;
use super::rows::WeightRows;
use super::steps::put_fragment;
use crate::Result;
use crate::memory::{reserve, resize};
use crate::panic::catch_panic;
use rayon::prelude::*;
use wcodec_codec::packed::fragment::{REGISTERS, place};
use wcodec_codec::packed::{
    BLOCK_ROWS, Exception, FIELDS, FRAGMENTS, Form, Histogram, LANES, Layout, STEP_COLUMNS, Scale,
    best_scale, most_exceptions, sample_distance,
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

/// Packs with a scale chosen from a sample, or from all weights where too many have no code in
/// that, or else whole.
fn pack(weights: &WeightRows<'_>, form: Form) -> Result<PackedMatrix> {
    let distance = sample_distance(weights.shape());
    let distances = if distance == 1 { &[1][..] } else { &[distance, 1][..] };
    for &distance in distances.iter().filter(|_| form != Form::Whole) {
        let scale = best_scale(&histogram(weights, distance));
        let packed = pack_blocks(weights, form, scale)?;
        if packed.total() <= most_exceptions(weights.shape()).into() {
            return packed.finish();
        }
    }
    pack_blocks(weights, Form::Whole, Scale::default())?.finish()
}

/// Packed blocks, and what stands beside them.
struct Blocks {
    bytes: Vec<u8>,
    layout: Layout,
    scale: Scale,
    beside: Vec<Beside>,
}

impl Blocks {
    /// The number of exceptions.
    fn total(&self) -> u64 {
        self.beside.iter().map(|block| block.exceptions.len() as u64).sum()
    }

    /// Appends row starts and exceptions, which are few enough to be counted.
    fn finish(mut self) -> Result<PackedMatrix> {
        self.layout.exceptions = self.total() as u32;
        resize(&mut self.bytes, self.layout.len(), "a packed matrix")?;
        if self.layout.form.has_exceptions() {
            put_beside(&self.layout, &self.beside, &mut self.bytes);
        }
        Ok(PackedMatrix { bytes: self.bytes, layout: self.layout, scale: self.scale })
    }
}

/// Packs all blocks of rows with this scale.
fn pack_blocks(weights: &WeightRows<'_>, form: Form, scale: Scale) -> Result<Blocks> {
    let shape = weights.shape();
    let layout = Layout { shape, form, exceptions: 0 };
    // With room for all exceptions that it can have.
    let most = if form.has_exceptions() { most_exceptions(shape) } else { 0 };
    let mut bytes = reserve(Layout { exceptions: most, ..layout }.len(), "a packed matrix")?;
    resize(&mut bytes, layout.len(), "a packed matrix")?;
    let block_bytes = shape.steps() as usize * form.step_bytes() as usize;
    let steps = &mut bytes[..layout.weight_bytes() as usize];
    // Without columns there are no bytes of blocks, and nothing beside them.
    let blocks = steps.par_chunks_exact_mut(block_bytes.max(1)).enumerate();
    let beside = blocks
        .map(|(block, steps)| pack_block(weights, form, scale, block as u32, steps))
        .collect();
    Ok(Blocks { bytes, layout, scale, beside })
}

/// For each exponent field the number of nonzero weights that have it, in steps so far apart.
fn histogram(weights: &WeightRows<'_>, distance: u64) -> Histogram {
    let steps = u64::from(weights.shape().steps());
    let count = (u64::from(weights.shape().blocks()) * steps).div_ceil(distance);
    let of_step = |mut histogram: Histogram, index: u64| {
        let (block, step) = (index * distance / steps, index * distance % steps);
        for row in 0..BLOCK_ROWS {
            for column in 0..STEP_COLUMNS {
                let column = step as u32 * STEP_COLUMNS + column;
                let bits = weight_at(weights, block as u32, row, column).unwrap_or(0);
                histogram[usize::from(bits >> 7 & 0xFF)] += u64::from(bits & 0x7FFF != 0);
            }
        }
        histogram
    };
    let add = |mut a: Histogram, b: Histogram| {
        a.iter_mut().zip(b).for_each(|(sum, count)| *sum += count);
        a
    };
    let none = || [0; FIELDS];
    (0..count).into_par_iter().fold(none, of_step).reduce(none, add)
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
