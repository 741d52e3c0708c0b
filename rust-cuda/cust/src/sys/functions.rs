//! The driver's functions, and the table of them.
//!
//! To add one, declare it here. Of those that exist in several versions the name says which one is
//! meant, which is not always the one that today's `cuda.h` gives the plain name.

#![allow(clippy::too_many_arguments)]

use super::result::CUresult;
use super::types::*;
use crate::library;
use std::ffi::{c_char, c_int, c_uchar, c_uint, c_ulonglong, c_void};

/// Makes the table of the declared functions, and a function of each that calls through it.
macro_rules! functions {
    ($(fn $name:ident($($argument:ident: $type:ty),* $(,)?);)*) => {
        /// The driver's functions; `None` where the installed driver is too old to have one.
        ///
        /// An enum comes back as the number that C makes of it, so that no value is invalid.
        pub(crate) struct Table {
            $($name: Option<unsafe extern "system" fn($($type),*) -> u32>,)*
        }

        impl Table {
            /// Looks all functions up.
            #[cfg(any(target_os = "linux", windows))]
            pub(crate) fn of(library: &libloading::Library) -> Self {
                Self {$(
                    // SAFETY: the driver's function of this name has these arguments in C, and
                    // returns an enum.
                    $name: unsafe { library.get(concat!(stringify!($name), "\0").as_bytes()) }
                        .ok()
                        .map(|function| *function),
                )*}
            }

            $(
                pub(crate) unsafe fn $name(&self, $($argument: $type),*) -> CUresult {
                    let Some(function) = self.$name else {
                        return CUresult::CUDA_ERROR_NOT_FOUND;
                    };
                    // SAFETY: the caller keeps the conditions of the driver's function.
                    let number = unsafe { function($($argument),*) };
                    CUresult::from_number(number)
                }
            )*
        }

        $(
            #[doc = concat!("The driver's `", stringify!($name), "`.")]
            ///
            /// # Safety
            ///
            /// The contract of the driver's function.
            pub unsafe fn $name($($argument: $type),*) -> CUresult {
                match library::table() {
                    // SAFETY: the caller keeps the conditions of the driver's function.
                    Ok(table) => unsafe { table.$name($($argument),*) },
                    Err(_) => CUresult::CUDA_ERROR_NO_DEVICE,
                }
            }
        )*
    };
}

functions! {
    // Initialisation, errors and devices.
    fn cuInit(Flags: c_uint);
    fn cuDriverGetVersion(driverVersion: *mut c_int);
    fn cuGetErrorString(error: CUresult, pStr: *mut *const c_char);
    fn cuDeviceGet(device: *mut CUdevice, ordinal: c_int);
    fn cuDeviceGetCount(count: *mut c_int);
    fn cuDeviceGetName(name: *mut c_char, len: c_int, dev: CUdevice);
    fn cuDeviceGetUuid(uuid: *mut CUuuid, dev: CUdevice);
    fn cuDeviceGetUuid_v2(uuid: *mut CUuuid, dev: CUdevice);
    fn cuDeviceTotalMem_v2(bytes: *mut usize, dev: CUdevice);
    fn cuDeviceGetAttribute(pi: *mut c_int, attrib: CUdevice_attribute, dev: CUdevice);
    fn cuDevicePrimaryCtxRetain(pctx: *mut CUcontext, dev: CUdevice);
    fn cuDevicePrimaryCtxRelease_v2(dev: CUdevice);

    // Contexts.
    fn cuCtxCreate_v2(pctx: *mut CUcontext, flags: c_uint, dev: CUdevice);
    fn cuCtxDestroy_v2(ctx: CUcontext);
    fn cuCtxPushCurrent_v2(ctx: CUcontext);
    fn cuCtxPopCurrent_v2(pctx: *mut CUcontext);
    fn cuCtxSetCurrent(ctx: CUcontext);
    fn cuCtxGetCurrent(pctx: *mut CUcontext);
    fn cuCtxGetDevice(device: *mut CUdevice);
    fn cuCtxSynchronize();

    // Modules and kernels.
    fn cuModuleLoadDataEx(
        module: *mut CUmodule, image: *const c_void, numOptions: c_uint,
        options: *mut CUjit_option, optionValues: *mut *mut c_void,
    );
    fn cuModuleUnload(hmod: CUmodule);
    fn cuModuleGetFunction(hfunc: *mut CUfunction, hmod: CUmodule, name: *const c_char);
    fn cuFuncGetAttribute(pi: *mut c_int, attrib: CUfunction_attribute, hfunc: CUfunction);
    fn cuFuncSetAttribute(hfunc: CUfunction, attrib: CUfunction_attribute, value: c_int);
    fn cuOccupancyMaxActiveBlocksPerMultiprocessor(
        numBlocks: *mut c_int, func: CUfunction, blockSize: c_int, dynamicSMemSize: usize,
    );
    fn cuLaunchKernel(
        f: CUfunction, gridDimX: c_uint, gridDimY: c_uint, gridDimZ: c_uint, blockDimX: c_uint,
        blockDimY: c_uint, blockDimZ: c_uint, sharedMemBytes: c_uint, hStream: CUstream,
        kernelParams: *mut *mut c_void, extra: *mut *mut c_void,
    );
    fn cuLaunchKernelEx(
        config: *const CUlaunchConfig, f: CUfunction, kernelParams: *mut *mut c_void,
        extra: *mut *mut c_void,
    );

    // Memory.
    fn cuMemGetInfo_v2(free: *mut usize, total: *mut usize);
    fn cuMemAlloc_v2(dptr: *mut CUdeviceptr, bytesize: usize);
    fn cuMemFree_v2(dptr: CUdeviceptr);
    fn cuMemAllocHost_v2(pp: *mut *mut c_void, bytesize: usize);
    fn cuMemFreeHost(p: *mut c_void);
    fn cuMemcpyHtoDAsync_v2(
        dstDevice: CUdeviceptr, srcHost: *const c_void, ByteCount: usize, hStream: CUstream,
    );
    fn cuMemcpyDtoHAsync_v2(
        dstHost: *mut c_void, srcDevice: CUdeviceptr, ByteCount: usize, hStream: CUstream,
    );
    fn cuMemcpyDtoDAsync_v2(
        dstDevice: CUdeviceptr, srcDevice: CUdeviceptr, ByteCount: usize, hStream: CUstream,
    );
    fn cuMemsetD8Async(dstDevice: CUdeviceptr, uc: c_uchar, N: usize, hStream: CUstream);
    fn cuMemsetD32Async(dstDevice: CUdeviceptr, ui: c_uint, N: usize, hStream: CUstream);

    // Graphs.
    fn cuStreamBeginCapture_v2(hStream: CUstream, mode: CUstreamCaptureMode);
    fn cuStreamEndCapture(hStream: CUstream, phGraph: *mut CUgraph);
    fn cuGraphInstantiateWithFlags(
        phGraphExec: *mut CUgraphExec, hGraph: CUgraph, flags: c_ulonglong,
    );
    fn cuGraphLaunch(hGraphExec: CUgraphExec, hStream: CUstream);
    fn cuGraphDestroy(hGraph: CUgraph);
    fn cuGraphExecDestroy(hGraphExec: CUgraphExec);

    // Streams and events.
    fn cuStreamCreateWithPriority(phStream: *mut CUstream, flags: c_uint, priority: c_int);
    fn cuStreamDestroy_v2(hStream: CUstream);
    fn cuStreamGetCtx(hStream: CUstream, pctx: *mut CUcontext);
    fn cuStreamSynchronize(hStream: CUstream);
    fn cuStreamQuery(hStream: CUstream);
    fn cuStreamWaitEvent(hStream: CUstream, hEvent: CUevent, Flags: c_uint);
    fn cuEventCreate(phEvent: *mut CUevent, Flags: c_uint);
    fn cuEventDestroy_v2(hEvent: CUevent);
    fn cuEventRecord(hEvent: CUevent, hStream: CUstream);
    fn cuEventQuery(hEvent: CUevent);
    fn cuEventSynchronize(hEvent: CUevent);
    fn cuEventElapsedTime(pMilliseconds: *mut f32, hStart: CUevent, hEnd: CUevent);
}
