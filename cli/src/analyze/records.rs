//! What is kept of each tensor: a record of few bytes, as a stranger's file may have very many
//! tensors that hold next to nothing.

use super::against::BaseSizes;
use super::sizes::{CODECS, Sizes};
use super::source::Tensor;
use wcodec::encode::Split;
use wcodec::{Dtype, Error, Result};

/// Bytes of a block, unless a record is longer.
const BLOCK: usize = 1 << 16;
/// The most bytes of an integer.
const MOST_DIGITS: usize = 10;
/// The integers of a record, beyond those of a name and a shape.
const INTEGERS: usize = 40;
/// Of a bit, the least that is told of an entropy: for fewer bytes, not for their sake.
const QUANTUM: f64 = 1.0 / 65536.0;
/// What memory is wanted for, in the message that there is none.
pub const PURPOSE: &str = "the analysis of tensors";

/// A tensor, as it is kept.
pub struct Record<'a> {
    pub name: &'a str,
    pub dtype: Dtype,
    pub split: Split,
    pub sizes: Sizes,
    extents: &'a [u8],
}

impl Record<'_> {
    /// The extents of its shape.
    pub fn extents(&self) -> impl Iterator<Item = u64> {
        let mut extents = self.extents;
        std::iter::from_fn(move || (!extents.is_empty()).then(|| integer(&mut extents)))
    }
}

/// The place of a record.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    block: u32,
    start: u32,
}

/// The records of all tensors, in blocks, so that nothing is copied when there are more.
#[derive(Default)]
pub struct Records {
    blocks: Vec<Vec<u8>>,
    count: usize,
    /// The record that is being made.
    scratch: Vec<u8>,
}

impl Records {
    /// Adds a tensor.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn add(&mut self, tensor: &Tensor<'_>, split: Split, sizes: &Sizes) -> Result<()> {
        let extents: usize = tensor.shape.iter().map(digits).sum();
        let most = tensor.name.len() + extents + INTEGERS * MOST_DIGITS;
        let mut record = std::mem::take(&mut self.scratch);
        record.clear();
        reserve(&mut record, most)?;
        record.extend([tensor.dtype as u8, split as u8]);
        put(&mut record, tensor.name.len() as u64);
        record.extend_from_slice(tensor.name.as_bytes());
        put(&mut record, extents as u64);
        tensor.shape.iter().for_each(|extent| put(&mut record, extent));
        put_sizes(&mut record, sizes);
        self.push(&record)?;
        self.scratch = record;
        self.count += 1;
        Ok(())
    }

    fn push(&mut self, record: &[u8]) -> Result<()> {
        let has_room = |block: &Vec<u8>| block.capacity() - block.len() >= record.len();
        if !self.blocks.last().is_some_and(has_room) {
            let mut block = Vec::new();
            reserve(&mut block, record.len().max(BLOCK))?;
            reserve(&mut self.blocks, 1)?;
            self.blocks.push(block);
        }
        self.blocks.last_mut().expect("there is one with room").extend_from_slice(record);
        Ok(())
    }

    /// The number of records.
    pub fn len(&self) -> usize {
        self.count
    }

    /// All records and their places, in the order in which they were added.
    pub fn iter(&self) -> impl Iterator<Item = (Place, Record<'_>)> {
        self.blocks.iter().enumerate().flat_map(|(number, block)| {
            let mut rest = &block[..];
            std::iter::from_fn(move || {
                let start = block.len() - rest.len();
                let place = Place { block: number as u32, start: start as u32 };
                (!rest.is_empty()).then(|| (place, record(&mut rest)))
            })
        })
    }

    /// The record at a place.
    pub fn at(&self, place: Place) -> Record<'_> {
        record(&mut &self.blocks[place.block as usize][place.start as usize..])
    }
}

/// Gives a vector room for so many more values.
pub fn reserve<T>(values: &mut Vec<T>, more: usize) -> Result<()> {
    let bytes = more.saturating_mul(size_of::<T>()) as u64;
    let reserved = match values.is_empty() {
        true => values.try_reserve_exact(more),
        false => values.try_reserve(more),
    };
    reserved.map_err(|_| Error::OutOfMemory { what: PURPOSE, bytes })
}

#[cfg(test)]
std::thread_local! {
    /// How often this thread read a record: the work of what goes through many of them.
    pub static READ: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

/// Takes the record that comes next.
fn record<'a>(rest: &mut &'a [u8]) -> Record<'a> {
    #[cfg(test)]
    READ.with(|read| read.set(read.get() + 1));
    let [dtype, split] = *take(rest, 2) else { unreachable!("two were taken") };
    let len = integer(rest) as usize;
    let name = str::from_utf8(take(rest, len)).expect("it was a string");
    let len = integer(rest) as usize;
    let extents = take(rest, len);
    let split = Split::from_u8(split).expect("it was a split");
    Record { name, dtype: Dtype::ALL[usize::from(dtype)], split, sizes: sizes(rest), extents }
}

fn take<'a>(rest: &mut &'a [u8], len: usize) -> &'a [u8] {
    rest.split_off(..len).expect("a record is whole")
}

fn put_sizes(record: &mut Vec<u8>, sizes: &Sizes) {
    put(record, sizes.weights);
    let quanta = |bits: f64| (bits / QUANTUM).round() as u64;
    sizes.bits().for_each(|bits| put(record, quanta(bits)));
    // Blobs are whole bytes.
    let bytes = |bits: f64| (bits / 8.0) as u64 + 1;
    sizes.codecs.iter().for_each(|bits| put(record, bits.map_or(0, bytes)));
    put(record, sizes.bases.is_some().into());
    if let Some(bases) = &sizes.bases {
        put(record, bases.matched);
        bases.bits().into_iter().for_each(|bits| put(record, quanta(bits)));
    }
}

fn sizes(rest: &mut &[u8]) -> Sizes {
    let mut sizes = Sizes { weights: integer(rest), ..Sizes::default() };
    sizes.bits_mut().for_each(|bits| *bits = integer(rest) as f64 * QUANTUM);
    let bits = |bytes: u64| 8.0 * bytes as f64;
    sizes.codecs = [(); CODECS.len()].map(|()| integer(rest).checked_sub(1).map(bits));
    sizes.bases = (integer(rest) != 0).then(|| {
        let mut bases = BaseSizes { matched: integer(rest), ..BaseSizes::default() };
        bases.bits_mut().into_iter().for_each(|bits| *bits = integer(rest) as f64 * QUANTUM);
        bases
    });
    sizes
}

/// The number of bytes of an integer.
fn digits(integer: u64) -> usize {
    (u64::BITS - integer.leading_zeros()).div_ceil(7).max(1) as usize
}

/// Appends an integer in base 128, the lowest digit first.
fn put(bytes: &mut Vec<u8>, mut integer: u64) {
    while integer >= 0x80 {
        bytes.push(integer as u8 | 0x80);
        integer >>= 7;
    }
    bytes.push(integer as u8);
}

fn integer(rest: &mut &[u8]) -> u64 {
    let mut integer = 0;
    for shift in (0..).step_by(7) {
        let digit = take(rest, 1)[0];
        integer |= u64::from(digit & 0x7F) << shift;
        if digit < 0x80 {
            break;
        }
    }
    integer
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes_of(number: u64) -> Sizes {
        let mut sizes = Sizes { weights: number, ..Sizes::default() };
        for (bits, place) in sizes.bits_mut().zip(1u32..) {
            *bits = number as f64 / f64::from(place);
        }
        sizes.codecs =
            [Some(8.0 * number as f64), None, Some(0.0), Some(8.0), None, Some(16.0), None];
        let bits = [0.5, 1.0, 2.0].map(|part| part * number as f64);
        let [alone, against, limit] = bits;
        let bases = BaseSizes { matched: number, alone, against, limit };
        sizes.bases = number.is_multiple_of(2).then_some(bases);
        sizes
    }

    /// Short and long ones, and those that do not fit the block before them.
    #[test]
    fn records_come_back() {
        let names = ["", "größe", &"x".repeat(BLOCK / 2), &"y".repeat(2 * BLOCK)];
        let numbers = [0, 1, 127, 128, 1 << 20, 1 << 38];
        let shape = wcodec::container::Shape::from([0, 1, 300, u64::MAX]);
        let mut records = Records::default();
        let cases: Vec<_> = numbers.iter().flat_map(|&n| names.map(|name| (n, name))).collect();
        for &(number, name) in &cases {
            let (data, stored) = (&[][..], None);
            let tensor = Tensor { name, dtype: Dtype::F16, shape: &shape, data, stored };
            records.add(&tensor, Split::High16, &sizes_of(number)).unwrap();
        }
        assert_eq!(records.len(), cases.len());
        for ((place, record), &(number, name)) in records.iter().zip(&cases) {
            assert_eq!(
                (record.name, record.dtype, record.split),
                (name, Dtype::F16, Split::High16)
            );
            assert!(record.extents().eq(shape.iter()));
            let expected = sizes_of(number);
            assert_eq!((record.sizes.weights, record.sizes.codecs), (number, expected.codecs));
            assert_eq!(record.sizes.bases, expected.bases);
            for (found, expected) in record.sizes.bits().zip(expected.bits()) {
                assert!((found - expected).abs() <= QUANTUM / 2.0, "{found} for {expected}");
            }
            assert_eq!(records.at(place).name, name);
        }
        assert_eq!(records.iter().count(), cases.len());
    }
}
