//! The bits of elements, taken as unsigned integers.

/// An unsigned integer of the width of an element.
pub trait Bits: Copy + PartialEq + Send + Sync {
    /// Bytes of it.
    const BYTES: usize;
    /// Zero.
    const ZERO: Self;

    /// The integer in the first [`Bits::BYTES`] bytes, which are there.
    fn read(bytes: &[u8]) -> Self;

    /// Writes it to the first [`Bits::BYTES`] bytes, which are there.
    fn write(self, bytes: &mut [u8]);

    /// The bits that one or both have.
    fn or(self, other: Self) -> Self;

    /// The same number.
    fn to_u64(self) -> u64;

    /// The low bits of a number.
    fn of_low(number: u64) -> Self;

    /// What leads from `reference` to `self`: 0, −1, 1, −2 and so on become 0, 1, 2, 3, so that small
    /// changes of either sign have no more than low bits.
    fn difference_from(self, reference: Self) -> Self;

    /// Goes from `self` by a difference.
    fn plus(self, difference: Self) -> Self;

    /// Goes back by it.
    fn minus(self, difference: Self) -> Self;
}

macro_rules! bits {
    ($($unsigned:ty, $signed:ty;)*) => {$(
        impl Bits for $unsigned {
            const BYTES: usize = size_of::<$unsigned>();
            const ZERO: Self = 0;

            #[inline(always)]
            fn read(bytes: &[u8]) -> Self {
                Self::from_le_bytes(core::array::from_fn(|index| bytes[index]))
            }

            #[inline(always)]
            fn write(self, bytes: &mut [u8]) {
                bytes[..Self::BYTES].copy_from_slice(&self.to_le_bytes());
            }

            #[inline(always)]
            fn or(self, other: Self) -> Self {
                self | other
            }

            #[inline(always)]
            fn to_u64(self) -> u64 {
                u64::from(self)
            }

            #[inline(always)]
            fn of_low(number: u64) -> Self {
                number as Self
            }

            #[inline(always)]
            fn difference_from(self, reference: Self) -> Self {
                let difference = self.wrapping_sub(reference) as $signed;
                (difference << 1 ^ difference >> (Self::BITS - 1)) as Self
            }

            #[inline(always)]
            fn plus(self, difference: Self) -> Self {
                self.wrapping_add(difference >> 1 ^ (difference & 1).wrapping_neg())
            }

            #[inline(always)]
            fn minus(self, difference: Self) -> Self {
                self.wrapping_sub(difference >> 1 ^ (difference & 1).wrapping_neg())
            }
        }
    )*};
}

bits! {
    u8, i8;
    u16, i16;
    u32, i32;
    u64, i64;
}

#[cfg(test)]
mod tests {
    use super::Bits;

    #[test]
    fn small_changes_of_either_sign_are_small_numbers() {
        for (change, folded) in [(0, 0), (-1, 1), (1, 2), (-2, 3), (2, 4), (-128, 255), (127, 254)]
        {
            let new = 100u8.wrapping_add(change as u8);
            assert_eq!(new.difference_from(100), folded, "{change}");
        }
        assert_eq!(0x8000u16.difference_from(0), u16::MAX);
        assert_eq!(0u64.difference_from(1), 1);
        assert_eq!(1u32.difference_from(u32::MAX), 4);
    }

    #[test]
    fn every_change_of_a_byte_is_made_and_undone() {
        for old in 0..=u8::MAX {
            for new in 0..=u8::MAX {
                let difference = new.difference_from(old);
                assert_eq!(old.plus(difference), new);
                assert_eq!(new.minus(difference), old);
            }
        }
    }
}
