//! From the width of elements to functions of their bits.

pub use wcodec_codec::delta::Bits;

/// Calls a function of [`Bits`] with the integers of a width, which is 1, 2, 4 or 8.
macro_rules! of_width {
    ($width:expr, $function:ident($($argument:expr),* $(,)?)) => {
        match $width {
            1 => $function::<u8>($($argument),*),
            2 => $function::<u16>($($argument),*),
            4 => $function::<u32>($($argument),*),
            _ => $function::<u64>($($argument),*),
        }
    };
}

pub(super) use of_width;
