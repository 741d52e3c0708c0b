//! The kernels: an entry point for each instance of the decode program.

use crate::device::{GpuLanes as L, Launch, run};
use crate::launch::{DeviceTable, TileTask};
use cuda_std::prelude::*;
use wcodec_codec::decode::residuals::{Constant, Rank4, Raw, Tans8, TansCrumb, TansNib, TansPair};
use wcodec_codec::format::PlaneCodec;

macro_rules! define_kernels {
    ($(($name:ident, $codec:ident, $states:literal, $source:ty, $words:literal, $predicted:literal))*) => {$(
        /// Decodes tiles of one codec, number of states and element size, all predicted or none.
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
            unsafe { run::<$source, $words, $predicted>(launch, PlaneCodec::$codec) }
        }
    )*};
}

crate::for_each_kernel!(define_kernels);
