//! The entry points.

use super::{check, restore};
use crate::delta::launch::DeltaLaunch;
use cuda_std::prelude::*;

/// Checks gaps, and that parts were decoded.
///
/// # Safety
/// As [`check::check`].
#[kernel]
pub unsafe fn check_deltas(launch: DeltaLaunch) {
    // SAFETY: the caller's condition.
    unsafe { check::check(&launch) }
}

/// Copies rows that lie elsewhere in the reference.
///
/// # Safety
/// As [`restore::copy_mapped`].
#[kernel]
pub unsafe fn copy_mapped_rows(launch: DeltaLaunch) {
    // SAFETY: the caller's condition.
    unsafe { restore::copy_mapped(&launch) }
}

/// Makes the changes of sparse deltas in place.
///
/// # Safety
/// As [`restore::restore`].
#[kernel]
pub unsafe fn make_changes(launch: DeltaLaunch) {
    // SAFETY: the caller's condition.
    unsafe { restore::restore::<restore::Change>(&launch) }
}

/// Copies references, and makes the changes of sparse deltas.
///
/// # Safety
/// As [`restore::restore`].
#[kernel]
pub unsafe fn copy_and_make_changes(launch: DeltaLaunch) {
    // SAFETY: the caller's condition.
    unsafe { restore::restore::<restore::CopyAndChange>(&launch) }
}

/// Adds the differences of dense deltas.
///
/// # Safety
/// As [`restore::restore`].
#[kernel]
pub unsafe fn add_differences(launch: DeltaLaunch) {
    // SAFETY: the caller's condition.
    unsafe { restore::restore::<restore::Add>(&launch) }
}
