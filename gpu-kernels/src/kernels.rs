//! The kernels: an entry point for each instance of the decode program.

use crate::device::{Launch, run, transpose};
use crate::launch::{DeviceTable, TileTask, TransposeTask};
use cuda_std::prelude::*;
use wcodec_codec::plane::{Const, Rans8, RansPair, Raw, Tans8, TansCrumb, TansNib, TansPair};

macro_rules! define_kernels {
    ($(($codec:ident, $predicted:literal, $one:ident, $two:ident, $four:ident))*) => {$(
        define_kernel!($one, $codec, 4, $predicted);
        define_kernel!($two, $codec, 2, $predicted);
        define_kernel!($four, $codec, 1, $predicted);
    )*};
}

macro_rules! define_kernel {
    ($name:ident, $codec:ident, $words:literal, $predicted:literal) => {
        /// Decodes tiles of one codec and element size, all predicted or none.
        ///
        /// # Safety
        /// As [`run`].
        #[kernel]
        pub unsafe fn $name(
            tasks: *const TileTask,
            tables: *const DeviceTable,
            statuses: *mut u32,
        ) {
            let launch = Launch { tasks, tables, statuses };
            // SAFETY: the caller's condition.
            unsafe { run::<$codec, $words, $predicted>(launch) }
        }
    };
}

crate::for_each_kernel!(define_kernels);

/// Restores the rows of transposed tensors that were decoded.
///
/// # Safety
/// As [`transpose::run`].
#[kernel]
pub unsafe fn transpose_rows(tasks: *const TransposeTask) {
    // SAFETY: the caller's condition.
    unsafe { transpose::run(tasks) }
}
