//! The entry points.

#[cfg(target_feature = "sm_90")]
use super::cluster::multiply_in_cluster;
use super::form::{Fast, Whole};
use super::gather::gather;
use super::multiply::multiply;
use super::pack::pack;
use super::scan::scan;
use super::survey::survey;
use super::unpack::unpack;
use crate::packed::launch::{Multiply, Pack, Survey, Unpack};
use cuda_std::prelude::*;

macro_rules! define_multiply {
    ($function:ident $(($name:ident, $form:ty, $words:literal, $tiles:literal))*) => {$(
        /// Multiplies matrices of one form with a number of rows of x at a time.
        ///
        /// # Safety
        /// As the function that it calls.
        #[kernel]
        pub unsafe fn $name(launch: Multiply) {
            // SAFETY: the caller's condition.
            unsafe { $function::<$form, $words, $tiles>(&launch) }
        }
    )*};
}

define_multiply! {
    multiply
    (multiply_whole_8, Whole, 4, 1)
    (multiply_whole_16, Whole, 4, 2)
    (multiply_whole_32, Whole, 4, 4)
    (multiply_fast_8, Fast, 3, 1)
    (multiply_fast_16, Fast, 3, 2)
    (multiply_fast_32, Fast, 3, 4)
}

#[cfg(target_feature = "sm_90")]
define_multiply! {
    multiply_in_cluster
    (multiply_cluster_whole_16, Whole, 4, 2)
    (multiply_cluster_whole_32, Whole, 4, 4)
    (multiply_cluster_whole_64, Whole, 4, 8)
    (multiply_cluster_fast_16, Fast, 3, 2)
    (multiply_cluster_fast_32, Fast, 3, 4)
    (multiply_cluster_fast_64, Fast, 3, 8)
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
    /// Counts exponents.
    (survey_exponents, survey, Survey)
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
