//! How the driver's types are passed.
//!
//! The forwarders look into none of them: handles and structures are pointers here, and an
//! enum is the integer that C makes of it, so that no value of it is invalid.

#![allow(non_camel_case_types)]

pub use std::ffi::{c_char, c_int, c_uchar, c_uint, c_ulonglong, c_ushort, c_void};

/// Types that are all the same to the forwarders.
macro_rules! aliases {
    ($($representation:ty: $($name:ident)*;)*) => {$($(
        #[doc = concat!("The driver's `", stringify!($name), "`.")]
        pub type $name = $representation;
    )*)*};
}

aliases! {
    c_int: CUdevice;
    c_ulonglong: CUdeviceptr CUsurfObject CUtexObject;
    *mut c_void: CUarray CUcontext CUevent CUexternalMemory CUfunction CUgraph CUgraphNode
        CUlinkState CUmodule CUstream;
    c_uint: CUdevice_attribute CUfunc_cache CUfunction_attribute CUgraphNodeType CUjitInputType
        CUjit_option CUlimit CUmem_advise CUresult CUsharedconfig;
    c_void: CUDA_ARRAY3D_DESCRIPTOR CUDA_EXTERNAL_MEMORY_BUFFER_DESC
        CUDA_EXTERNAL_MEMORY_HANDLE_DESC CUDA_KERNEL_NODE_PARAMS CUDA_MEMCPY2D
        CUDA_RESOURCE_DESC CUDA_RESOURCE_VIEW_DESC CUDA_TEXTURE_DESC CUuuid;
    Option<unsafe extern "C" fn(*mut c_void)>: CUhostFn;
    Option<unsafe extern "C" fn(c_int) -> usize>: CUoccupancyB2DSize;
}
