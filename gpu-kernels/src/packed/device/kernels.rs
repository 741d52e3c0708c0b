//! The entry points.

use super::form::{Fast, Whole};
use super::gather::gather;
use super::multiply::{multiply, multiply_experts};
use super::pack::pack;
use super::scan::scan;
use super::survey::survey;
use super::unpack::unpack;
use crate::packed::launch::{Multiply, MultiplyExperts, Pack, Unpack};
use cuda_std::prelude::*;

macro_rules! define_multiply {
    ($($name:ident, $form:ty, $($number:literal),*;)*) => {
        define_multiply!(multiply, Multiply; $($name, $form, $($number),*;)*);
    };
    ($function:ident, $launch:ty; $($name:ident, $form:ty, $($number:literal),*;)*) => {$(
        /// Multiplies matrices of one form, a number of rows of x by a number of blocks of rows.
        ///
        /// # Safety
        /// As the function that it calls.
        #[kernel]
        pub unsafe fn $name(launch: $launch) {
            // SAFETY: the caller's condition.
            unsafe { $function::<$form, $($number),*>(&launch) }
        }
    )*};
}

define_multiply! {
    multiply_whole_8_by_1, Whole, 4, 1, 1, 1;
    multiply_whole_16_by_1, Whole, 4, 1, 2, 1;
    multiply_fast_8_by_1, Fast, 3, 1, 1, 1;
    multiply_fast_16_by_1, Fast, 3, 1, 2, 1;
}

define_multiply! {
    multiply_experts, MultiplyExperts;
    experts_whole_8_by_1, Whole, 4, 1, 1, 1;
    experts_whole_16_by_1, Whole, 4, 1, 2, 1;
    experts_fast_8_by_1, Fast, 3, 1, 1, 1;
    experts_fast_16_by_1, Fast, 3, 1, 2, 1;
}

#[cfg(target_feature = "sm_90")]
define_multiply! {
    multiply_experts, MultiplyExperts;
    experts_whole_8_by_2, Whole, 4, 2, 1, 1;
    experts_whole_8_by_4, Whole, 4, 4, 1, 2;
    experts_whole_16_by_2, Whole, 4, 2, 2, 2;
    experts_whole_32_by_2, Whole, 4, 2, 4, 4;
    experts_fast_8_by_2, Fast, 3, 2, 1, 1;
    experts_fast_8_by_4, Fast, 3, 4, 1, 2;
    experts_fast_16_by_2, Fast, 3, 2, 2, 2;
    experts_fast_32_by_2, Fast, 3, 2, 4, 4;
}

#[cfg(all(target_feature = "sm_80", not(target_feature = "sm_90")))]
define_multiply! {
    multiply_whole_32_by_1, Whole, 4, 1, 4, 2;
    multiply_fast_32_by_1, Fast, 3, 1, 4, 2;
}

#[cfg(target_feature = "sm_90")]
define_multiply! {
    multiply_whole_16_by_2, Whole, 4, 2, 2, 2;
    multiply_whole_32_by_2, Whole, 4, 2, 4, 4;
    multiply_whole_32_by_4, Whole, 4, 4, 4, 8;
    multiply_whole_64_by_2, Whole, 4, 2, 8, 8;
    multiply_fast_16_by_2, Fast, 3, 2, 2, 2;
    multiply_fast_32_by_2, Fast, 3, 2, 4, 4;
    multiply_fast_32_by_4, Fast, 3, 4, 4, 8;
    multiply_fast_64_by_2, Fast, 3, 2, 8, 8;
}

macro_rules! define_others {
    ($(
        $(#[$doc:meta])*
        ($name:ident, $function:ident $(::<$form:ty, $words:literal>)?, $launch:ty)
    )*) => {$(
        $(#[$doc])*
        ///
        /// # Safety
        /// As the function that it calls.
        #[kernel]
        pub unsafe fn $name(launch: $launch) {
            // SAFETY: the caller's condition.
            unsafe { $function$(::<$form, $words>)?(&launch) }
        }
    )*};
}

define_others! {
    /// Counts exponents, and chooses a scale.
    (survey_exponents, survey, Pack)
    /// Packs weights whole.
    (pack_whole, pack::<Whole, 4>, Pack)
    /// Packs weights in twelve bits.
    (pack_fast, pack::<Fast, 3>, Pack)
    /// Adds up counts of exceptions.
    (scan_exceptions, scan, Pack)
    /// Gathers the exceptions of the fast form.
    (gather_fast, gather::<Fast, 3>, Pack)
    /// Unpacks weights that are held whole.
    (unpack_whole, unpack::<Whole, 4>, Unpack)
    /// Unpacks weights of twelve bits.
    (unpack_fast, unpack::<Fast, 3>, Unpack)
}
