//! Memory: allocation, copies and fills.

use crate::{
    abi::{
        CUDA_EXTERNAL_MEMORY_BUFFER_DESC, CUDA_EXTERNAL_MEMORY_HANDLE_DESC, CUDA_MEMCPY2D, CUarray,
        CUdevice, CUdeviceptr, CUexternalMemory, CUmem_advise, CUresult, CUstream, c_uchar, c_uint,
        c_ushort, c_void,
    },
    forward::forward,
    library::Symbol,
    result::known_to_cust,
};
use std::ffi::CStr;

forward! {
    fn cuDestroyExternalMemory(memory: CUexternalMemory);
    fn cuExternalMemoryGetMappedBuffer(
        pointer: *mut CUdeviceptr, memory: CUexternalMemory,
        description: *const CUDA_EXTERNAL_MEMORY_BUFFER_DESC,
    );
    fn cuImportExternalMemory(
        memory: *mut CUexternalMemory,
        description: *const CUDA_EXTERNAL_MEMORY_HANDLE_DESC,
    );
    fn cuMemAdvise(pointer: CUdeviceptr, count: usize, advice: CUmem_advise, device: CUdevice);
    fn cuMemAllocAsync(pointer: *mut CUdeviceptr, bytes: usize, stream: CUstream);
    fn cuMemAllocHost_v2(pointer: *mut *mut c_void, bytes: usize);
    fn cuMemAllocManaged(pointer: *mut CUdeviceptr, bytes: usize, flags: c_uint);
    fn cuMemAlloc_v2(pointer: *mut CUdeviceptr, bytes: usize);
    fn cuMemFreeAsync(pointer: CUdeviceptr, stream: CUstream);
    fn cuMemFreeHost(p: *mut c_void);
    fn cuMemFree_v2(pointer: CUdeviceptr);
    fn cuMemGetInfo_v2(free: *mut usize, total: *mut usize);
    fn cuMemHostRegister_v2(p: *mut c_void, bytes: usize, flags: c_uint);
    fn cuMemHostUnregister(p: *mut c_void);
    fn cuMemPrefetchAsync(
        pointer: CUdeviceptr, count: usize, to_device: CUdevice, stream: CUstream,
    );
    fn cuMemcpy2D_v2(copy: *const CUDA_MEMCPY2D);
    fn cuMemcpyAtoH_v2(to_host: *mut c_void, from_array: CUarray, from_offset: usize, bytes: usize);
    fn cuMemcpyDtoDAsync_v2(
        to_device: CUdeviceptr, from_device: CUdeviceptr, bytes: usize, stream: CUstream,
    );
    fn cuMemcpyDtoD_v2(to_device: CUdeviceptr, from_device: CUdeviceptr, bytes: usize);
    fn cuMemcpyDtoHAsync_v2(
        to_host: *mut c_void, from_device: CUdeviceptr, bytes: usize, stream: CUstream,
    );
    fn cuMemcpyDtoH_v2(to_host: *mut c_void, from_device: CUdeviceptr, bytes: usize);
    fn cuMemcpyHtoA_v2(
        to_array: CUarray, to_offset: usize, from_host: *const c_void, bytes: usize,
    );
    fn cuMemcpyHtoDAsync_v2(
        to_device: CUdeviceptr, from_host: *const c_void, bytes: usize, stream: CUstream,
    );
    fn cuMemcpyHtoD_v2(to_device: CUdeviceptr, from_host: *const c_void, bytes: usize);
    fn cuMemsetD16Async(to_device: CUdeviceptr, value: c_ushort, count: usize, stream: CUstream);
    fn cuMemsetD16_v2(to_device: CUdeviceptr, value: c_ushort, count: usize);
    fn cuMemsetD32Async(to_device: CUdeviceptr, value: c_uint, count: usize, stream: CUstream);
    fn cuMemsetD32_v2(to_device: CUdeviceptr, value: c_uint, count: usize);
    fn cuMemsetD8Async(to_device: CUdeviceptr, value: c_uchar, count: usize, stream: CUstream);
    fn cuMemsetD8_v2(to_device: CUdeviceptr, value: c_uchar, count: usize);
}
