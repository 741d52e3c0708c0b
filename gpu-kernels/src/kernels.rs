//! The kernels: an entry point for each instance of the decode program.

use crate::device::{GpuLanes as L, Launch, run};
use crate::format::PlaneCodec;
use crate::launch::{DeviceTable, TensorJob, WorkUnit};
use crate::residuals::{Constant, Rank4, Rans8, RansNib, RansPair, Raw};
use cuda_std::prelude::*;

macro_rules! define_kernels {
    ($(($name:ident, $codec:ident, $states:literal, $source:ty, $words:literal, $predicted:literal))*) => {$(
        /// Decodes tiles of one codec, number of states and element size, all predicted or none.
        ///
        /// # Safety
        /// As [`run`].
        #[kernel]
        pub unsafe fn $name(
            jobs: *const TensorJob,
            units: *const WorkUnit,
            unit_count: u32,
            tiles: *const u32,
            tables: *const DeviceTable,
            statuses: *mut u32,
        ) {
            let launch = Launch { jobs, units, unit_count, tiles, tables, statuses };
            // SAFETY: the caller's condition.
            unsafe { run::<$source, $words, $predicted>(launch, PlaneCodec::$codec) }
        }
    )*};
}

crate::for_each_kernel!(define_kernels);
