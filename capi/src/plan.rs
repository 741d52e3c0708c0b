//! Blobs in device memory that are decoded to device memory.

use crate::call::call;
use crate::decoder::length_of_blob;
use crate::gpu::{raw, wcodec_gpu};
use crate::pointers::{Out, bytes, elements, free, object};
use crate::status::wcodec_status;
use std::ffi::c_void;
use wcodec::blob::BlobFront;
use wcodec::gpu::{GpuDecoder, GpuPlan, PlannedTensor};
use wcodec::{Error, Result};

/// Blobs that are decoded together: one launch for each kernel that they need. It is made once, and
/// decodes any number of times.
pub struct wcodec_plan {
    decoder: GpuDecoder,
    plan: GpuPlan,
}

/// A blob in device memory, and where it is decoded to.
#[repr(C)]
pub struct wcodec_planned {
    /// The blob in host memory, or its beginning at least: header, tables and tile index, which
    /// `wcodec_blob_front_length` counts. Needed until the plan is made.
    pub front: *const c_void,
    /// Bytes of that.
    pub front_length: usize,
    /// Bytes of the whole blob.
    pub blob_length: u64,
    /// The device address of the blob, a multiple of 256.
    pub blob: u64,
    /// The device address of the decoded tensor, a multiple of 16.
    pub out: u64,
    /// The device address, a multiple of 256, of `wcodec_blob_scratch_length` bytes, for what is
    /// decoded on the way; any where that is 0.
    pub scratch: u64,
}

/// The bytes at the beginning of a blob that a plan is made from.
///
/// # Safety
/// There are as many bytes, the whole blob, and `length` has room for a number.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wcodec_blob_front_length(
    blob: *const c_void,
    blob_length: usize,
    length: *mut u64,
) -> wcodec_status {
    let tell = |blob: &[u8]| Ok(BlobFront::parse_header(blob, blob.len() as u64)?.words.offset);
    // SAFETY: the caller's condition.
    unsafe { length_of_blob(blob, blob_length, length, tell) }
}

/// Bytes of device memory that decoding a blob takes beside the decoded tensor.
///
/// # Safety
/// There are as many bytes, the whole blob, and `length` has room for a number.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wcodec_blob_scratch_length(
    blob: *const c_void,
    blob_length: usize,
    length: *mut u64,
) -> wcodec_status {
    let tell = |blob: &[u8]| {
        let front = BlobFront::parse(blob, blob.len() as u64)?;
        Ok(PlannedTensor::scratch_len(&front, &PlannedTensor::all_rows(&front)))
    };
    // SAFETY: the caller's condition.
    unsafe { length_of_blob(blob, blob_length, length, tell) }
}

/// Plans to decode blobs.
///
/// # Safety
/// There are as many tensors, and their fronts; `plan` has room for a pointer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wcodec_plan_new(
    gpu: *const wcodec_gpu,
    tensors: *const wcodec_planned,
    count: usize,
    plan: *mut *mut wcodec_plan,
) -> wcodec_status {
    call(|| {
        // SAFETY: the caller's condition.
        let (out, gpu, tensors) = unsafe {
            let tensors = elements(tensors, count, "tensors")?;
            (Out::new(plan, "plan")?, object(gpu, "gpu")?, tensors)
        };
        let front = |tensor: &wcodec_planned| {
            // SAFETY: the caller's condition.
            let front = unsafe { bytes(tensor.front, tensor.front_length, "front") }?;
            BlobFront::parse(front, tensor.blob_length)
        };
        let fronts = tensors.iter().map(front).collect::<Result<Vec<_>>>()?;
        let planned = |(front, tensor): (_, &wcodec_planned)| {
            PlannedTensor::whole(front, tensor.blob, tensor.out).scratch(tensor.scratch)
        };
        let planned: Vec<_> = fronts.iter().zip(tensors).map(planned).collect();
        let mut plan = GpuPlan::new(&planned)?;
        // So that it is copied to the device without waiting.
        plan.pin(gpu.decoder().context())?;
        out.put_new(wcodec_plan { decoder: gpu.decoder().clone(), plan });
        Ok(())
    })
}

/// Bytes of the workspace that a plan takes on the device; 0 for NULL.
///
/// # Safety
/// `plan` is NULL, or was made.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wcodec_plan_workspace_length(plan: *const wcodec_plan) -> u64 {
    // SAFETY: the caller's condition.
    unsafe { plan.as_ref() }.map_or(0, |plan| plan.plan.workspace_len())
}

/// Starts to copy a plan to its workspace on the device, without waiting.
///
/// # Safety
/// `workspace` is the device address, a multiple of 256, of as many bytes as the plan takes, which
/// nothing else uses until the work on `stream`, a stream of the GPU's context, is done. The plan is
/// not freed before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wcodec_plan_upload(
    plan: *const wcodec_plan,
    workspace: u64,
    stream: *mut c_void,
) -> wcodec_status {
    call(|| {
        // SAFETY: the caller's condition.
        let plan = unsafe { object(plan, "plan") }?;
        // SAFETY: the caller's condition.
        unsafe { plan.decoder.upload_plan(&plan.plan, workspace, raw(stream)) }
    })
}

/// Starts to decode all blobs of a plan: nothing is allocated, copied or waited for.
///
/// # Safety
/// The workspace holds the plan (`wcodec_plan_upload`), the blobs lie where the plan says, and there
/// is room for what they decode to and for scratch, which nothing else uses, all of that until the
/// work on `stream` is done.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wcodec_plan_launch(
    plan: *const wcodec_plan,
    workspace: u64,
    stream: *mut c_void,
) -> wcodec_status {
    call(|| {
        // SAFETY: the caller's condition.
        let plan = unsafe { object(plan, "plan") }?;
        // SAFETY: the caller's condition.
        unsafe { plan.decoder.launch(&plan.plan, workspace, raw(stream)) }
    })
}

/// The part of the workspace that tells, after decoding, whether all tiles were intact: copy its
/// `length` bytes from `offset` on to the host, and give them to `wcodec_plan_check`.
///
/// # Safety
/// `offset` and `length` have room for numbers.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wcodec_plan_statuses(
    plan: *const wcodec_plan,
    offset: *mut u64,
    length: *mut u64,
) -> wcodec_status {
    call(|| {
        // SAFETY: the caller's condition.
        let (offset, length, plan) = unsafe {
            (Out::new(offset, "offset")?, Out::new(length, "length")?, object(plan, "plan")?)
        };
        let statuses = plan.plan.statuses();
        offset.put(statuses.start);
        length.put(statuses.end - statuses.start);
        Ok(())
    })
}

/// Returns WCODEC_STATUS_CORRUPT, with a message that names blob and tile, where some tile was not
/// intact.
///
/// # Safety
/// There are as many bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wcodec_plan_check(
    plan: *const wcodec_plan,
    statuses: *const c_void,
    length: usize,
) -> wcodec_status {
    call(|| {
        // SAFETY: the caller's condition.
        let (plan, statuses) =
            unsafe { (object(plan, "plan")?, bytes(statuses, length, "statuses")?) };
        let expected = plan.plan.statuses();
        if length as u64 != expected.end - expected.start {
            let reason = format!("{length} bytes of statuses, the plan has other ones");
            return Err(Error::InvalidArgument(reason));
        }
        let tiles = plan.plan.corrupt_tiles(statuses).into_iter().enumerate();
        let mut corrupt = tiles.filter_map(|(number, tile)| Some((number, tile?)));
        match corrupt.next() {
            Some((number, tile)) => Err(tile.error().within(&format!("blob {number}"))),
            None => Ok(()),
        }
    })
}

/// Frees a plan.
///
/// # Safety
/// It is NULL, or nothing uses it, work on a stream neither.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wcodec_plan_free(plan: *mut wcodec_plan) {
    // SAFETY: the caller's condition.
    unsafe { free(plan) };
}
