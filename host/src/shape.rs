//! The extents of a tensor.

use crate::json::{Fault, Parser};
use crate::{Dtype, Result, memory};
use serde::ser::{Serialize, Serializer};
use std::fmt;

/// The extents of a tensor, outermost first; none for rank 0.
///
/// They take as few bytes as they have digits in base 128, so that a file cannot make much of many
/// small ones.
///
/// ```
/// use wcodec::container::Shape;
///
/// let shape = Shape::from([4096, 11008]);
/// assert_eq!(shape.to_vec(), [4096, 11008]);
/// assert_eq!(shape.rank(), 2);
/// assert_eq!(format!("{shape:?}"), "[4096, 11008]");
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct Shape(Box<[u8]>);

/// Of a byte: more digits follow.
const MORE: u8 = 0x80;

impl Shape {
    /// The extents.
    pub fn iter(&self) -> impl Iterator<Item = u64> + Clone + '_ {
        let mut bytes = self.0.iter();
        std::iter::from_fn(move || {
            let mut extent = 0;
            for shift in (0..).step_by(7) {
                let byte = bytes.next()?;
                extent |= u64::from(byte & !MORE) << shift;
                if byte & MORE == 0 {
                    break;
                }
            }
            Some(extent)
        })
    }

    /// The extents in a vector.
    pub fn to_vec(&self) -> Vec<u64> {
        self.iter().collect()
    }

    /// The extents in a vector, where there is memory for it: a file may have very many of one byte.
    ///
    /// # Errors
    /// [`crate::Error::OutOfMemory`].
    pub fn try_to_vec(&self) -> Result<Vec<u64>> {
        let mut extents = memory::reserve(self.rank() as u64, "the shape of a tensor")?;
        extents.extend(self.iter());
        Ok(extents)
    }

    /// The number of bytes that a tensor of this dtype has, or why it has none.
    pub(crate) fn byte_len(&self, dtype: Dtype) -> std::result::Result<u64, &'static str> {
        byte_len_of(dtype, self.iter())
    }

    /// The number of extents.
    pub fn rank(&self) -> usize {
        self.0.iter().filter(|&byte| byte & MORE == 0).count()
    }

    /// Reads the array of integers that comes next; fails where there is no memory for it.
    pub(crate) fn parse(parser: &mut Parser<'_>) -> std::result::Result<Self, Fault> {
        let (mut ahead, mut len) = (*parser, 0);
        ahead.array(|parser| {
            len += digits(parser.integer()?);
            Ok(())
        })?;
        let mut bytes = memory::reserve(len as u64, "the shape of a tensor")?;
        parser.array(|parser| {
            push(&mut bytes, parser.integer()?);
            Ok(())
        })?;
        Ok(Self(bytes.into_boxed_slice()))
    }

    /// A copy.
    ///
    /// # Errors
    /// [`crate::Error::OutOfMemory`].
    pub fn try_clone(&self) -> Result<Self> {
        let mut bytes = memory::reserve(self.0.len() as u64, "the shape of a tensor")?;
        bytes.extend_from_slice(&self.0);
        Ok(Self(bytes.into_boxed_slice()))
    }
}

/// The number of bytes of a tensor with these extents, or why it has none.
pub(crate) fn byte_len_of(
    dtype: Dtype,
    mut extents: impl Iterator<Item = u64>,
) -> std::result::Result<u64, &'static str> {
    let elements = extents.try_fold(1, |elements: u64, extent| elements.checked_mul(extent));
    let bits = elements.and_then(|elements| elements.checked_mul(dtype.bitsize() as u64));
    match bits.ok_or("has a size that overflows 64 bits")? {
        bits if bits.is_multiple_of(8) => Ok(bits / 8),
        _ => Err("does not end on a byte"),
    }
}

/// Bytes that an extent takes.
fn digits(extent: u64) -> usize {
    (64 - extent.leading_zeros()).div_ceil(7).max(1) as usize
}

fn push(bytes: &mut Vec<u8>, mut extent: u64) {
    while extent >= u64::from(MORE) {
        bytes.push(extent as u8 | MORE);
        extent >>= 7;
    }
    bytes.push(extent as u8);
}

impl From<&[u64]> for Shape {
    fn from(extents: &[u64]) -> Self {
        let mut bytes = Vec::with_capacity(extents.iter().map(|&extent| digits(extent)).sum());
        extents.iter().for_each(|&extent| push(&mut bytes, extent));
        Self(bytes.into_boxed_slice())
    }
}

impl From<Vec<u64>> for Shape {
    fn from(extents: Vec<u64>) -> Self {
        extents.as_slice().into()
    }
}

impl<const N: usize> From<[u64; N]> for Shape {
    fn from(extents: [u64; N]) -> Self {
        extents.as_slice().into()
    }
}

impl PartialEq<[u64]> for Shape {
    fn eq(&self, extents: &[u64]) -> bool {
        self.iter().eq(extents.iter().copied())
    }
}

impl<const N: usize> PartialEq<[u64; N]> for Shape {
    fn eq(&self, extents: &[u64; N]) -> bool {
        *self == extents[..]
    }
}

impl fmt::Debug for Shape {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.iter()).finish()
    }
}

impl Serialize for Shape {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

#[cfg(test)]
mod tests {
    use super::Shape;

    #[test]
    fn extents_come_back() {
        let mut extents = vec![0, u64::MAX];
        extents.extend((0..64).flat_map(|bit| [(1 << bit) - 1, 1 << bit]));
        let shape = Shape::from(extents.as_slice());
        assert_eq!(shape.to_vec(), extents);
        assert_eq!(shape.try_to_vec().unwrap(), extents);
        assert_eq!(shape.rank(), extents.len());
        assert_eq!(serde_json::to_value(&shape).unwrap(), serde_json::json!(extents));
    }

    #[test]
    fn small_extents_take_a_byte() {
        assert_eq!(Shape::from([1; 1000]).0.len(), 1000);
        assert_eq!(Shape::from([]).to_vec(), Vec::<u64>::new());
        assert_eq!((Shape::from([]).rank(), Shape::from([0]).rank()), (0, 1));
    }
}
