//! The entry points.

use super::choose::choose_codec;
use super::code::{code, store_coded};
use super::count::{count, sample};
use super::gather::gather;
use super::place::place;
use super::table::make_table;
use crate::encode::launch::EncodeLaunch;
use cuda_std::prelude::*;

macro_rules! define_kernels {
    ($($(#[$doc:meta])* ($name:ident, $function:ident $(::<$($number:literal),*>)?))*) => {$(
        $(#[$doc])*
        ///
        /// # Safety
        /// As the function that it calls.
        #[kernel]
        pub unsafe fn $name(launch: EncodeLaunch) {
            // SAFETY: the caller's condition.
            unsafe { $function$(::<$($number),*>)?(&launch) }
        }
    )*};
}

define_kernels! {
    /// Counts some of the coded bytes.
    (sample_coded_bytes, sample)
    /// Chooses codecs.
    (choose_codecs, choose_codec)
    /// Counts symbols.
    (count_symbols, count)
    /// Makes tables.
    (make_tables, make_table)
    /// Codes tiles of elements of one byte.
    (code_tiles_1, code::<16, 4>)
    /// Codes tiles of elements of two bytes.
    (code_tiles_2, code::<8, 2>)
    /// Codes tiles of elements of four bytes.
    (code_tiles_4, code::<4, 1>)
    /// Stores tiles of elements of one byte.
    (store_tiles_1, store_coded::<4>)
    /// Stores tiles of elements of two bytes.
    (store_tiles_2, store_coded::<2>)
    /// Stores tiles of elements of four bytes.
    (store_tiles_4, store_coded::<1>)
    /// Places the parts of blobs.
    (place_parts, place)
    /// Gathers the words of tiles.
    (gather_words, gather)
}
