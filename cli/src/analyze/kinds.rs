//! Kinds of tensors: those whose names differ in numbers only, and that have the same dtype.

use super::records::{Place, Record, Records, reserve};
use super::sizes::Sizes;
use std::cmp::{Ordering, Reverse};
use std::ops::Range;
use wcodec::{Dtype, Result};

/// Tensors of one kind.
pub struct Kind {
    /// Their name, with a star for each part that is a number.
    pub name: String,
    pub dtype: Dtype,
    pub tensors: usize,
    /// All of them together.
    pub sizes: Sizes,
}

/// The kinds of all records. There may be as many as tensors, so that their names and sizes are
/// made when they are asked for.
#[derive(Default)]
pub struct Kinds {
    /// The records of one kind after those of another.
    places: Vec<Place>,
    /// The weights of each kind, and where its records are among `places`; the kinds with the most
    /// weights first.
    kinds: Vec<(Reverse<u64>, Range<u32>)>,
}

impl Kinds {
    /// The kinds among `records`.
    ///
    /// # Errors
    /// [`wcodec::Error::OutOfMemory`].
    pub fn of(records: &Records) -> Result<Self> {
        let mut places = Vec::new();
        reserve(&mut places, records.len())?;
        places.extend(records.iter().map(|(place, _)| place));
        let compare = |a: &Place, b: &Place| compare(&records.at(*a), &records.at(*b));
        // Of one kind in the order of the file: sums of floats depend on it.
        places.sort_unstable_by(|a, b| compare(a, b).then(a.cmp(b)));
        let is_same = |a: &Place, b: &Place| compare(a, b).is_eq();
        let mut kinds = Vec::new();
        reserve(&mut kinds, places.chunk_by(is_same).count())?;
        let mut start = 0;
        for kind in places.chunk_by(is_same) {
            let end = start + kind.len() as u32;
            let of_kind = kind.iter().map(|&place| records.at(place).sizes.weights);
            kinds.push((Reverse(of_kind.sum::<u64>()), start..end));
            start = end;
        }
        kinds.sort_unstable_by_key(|(weights, places)| (*weights, places.start));
        Ok(Self { places, kinds })
    }

    /// The kinds, those with the most weights first, and then in the order of their names.
    pub fn iter<'a>(&'a self, records: &'a Records) -> impl Iterator<Item = Kind> + 'a {
        self.kinds.iter().map(|(_, places)| {
            let places = &self.places[places.start as usize..places.end as usize];
            let first = records.at(places[0]);
            let mut sizes = first.sizes.clone();
            places[1..].iter().for_each(|&place| sizes.add(&records.at(place).sizes));
            let tensors = places.len();
            Kind { name: kind(first.name), dtype: first.dtype, tensors, sizes }
        })
    }
}

fn compare(a: &Record<'_>, b: &Record<'_>) -> Ordering {
    parts(a.name).cmp(parts(b.name)).then_with(|| a.dtype.name().cmp(b.dtype.name()))
}

/// A tensor's name with a star for each part that is a number, as layers and experts have them.
pub fn kind(name: &str) -> String {
    parts(name).collect::<Vec<_>>().join(".")
}

fn parts(name: &str) -> impl Iterator<Item = &str> {
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    name.split('.').map(move |part| if is_number(part) { "*" } else { part })
}

#[cfg(test)]
mod tests {
    use super::super::records::READ;
    use super::super::source::Tensor;
    use super::*;
    use wcodec::container::Shape;
    use wcodec::encode::Split;

    #[test]
    fn kinds_have_no_numbers() {
        assert_eq!(kind("model.layers.17.mlp.experts.3.w1"), "model.layers.*.mlp.experts.*.w1");
        assert_eq!(kind("conv2d.weight"), "conv2d.weight");
        assert_eq!(kind(""), "");
    }

    /// A stranger's file has as many kinds as tensors: no kind is compared with all others.
    #[test]
    fn kinds_are_found_by_sorting() {
        let (shape, sizes) = (Shape::from([3]), Sizes { weights: 3, ..Sizes::default() });
        let mut records = Records::default();
        let count: u64 = 1 << 14;
        for number in 0..count {
            let name = &format!("kind{}.{number}", number * 7919 % count);
            let (data, stored) = (&[1, 2, 3][..], None);
            let tensor = Tensor { name, dtype: Dtype::U8, shape: &shape, data, stored };
            records.add(&tensor, Split::Byte, &sizes).unwrap();
        }
        let before = READ.get();
        let kinds = Kinds::of(&records).unwrap();
        assert_eq!(kinds.iter(&records).count() as u64, count);
        let read = READ.get() - before;
        // A comparison reads two; sorting takes at most some n log2 n of them.
        let most = 4 * count * u64::from(count.ilog2());
        assert!(read <= most, "{read} records were read for {count} kinds");
    }
}
