//! Arrays, surfaces and textures.

use crate::{
    abi::{
        CUDA_ARRAY3D_DESCRIPTOR, CUDA_RESOURCE_DESC, CUDA_RESOURCE_VIEW_DESC, CUDA_TEXTURE_DESC,
        CUarray, CUresult, CUsurfObject, CUtexObject,
    },
    forward::forward,
    library::Symbol,
    result::known_to_cust,
};
use std::ffi::CStr;

forward! {
    fn cuArray3DCreate_v2(handle: *mut CUarray, descriptor: *const CUDA_ARRAY3D_DESCRIPTOR);
    fn cuArray3DGetDescriptor_v2(descriptor: *mut CUDA_ARRAY3D_DESCRIPTOR, array: CUarray);
    fn cuArrayDestroy(array: CUarray);
    fn cuSurfObjectCreate(object: *mut CUsurfObject, resource: *const CUDA_RESOURCE_DESC);
    fn cuSurfObjectDestroy(object: CUsurfObject);
    fn cuSurfObjectGetResourceDesc(resource: *mut CUDA_RESOURCE_DESC, object: CUsurfObject);
    fn cuTexObjectCreate(
        object: *mut CUtexObject, resource: *const CUDA_RESOURCE_DESC,
        texture: *const CUDA_TEXTURE_DESC, view: *const CUDA_RESOURCE_VIEW_DESC,
    );
    fn cuTexObjectDestroy(object: CUtexObject);
    fn cuTexObjectGetResourceDesc(resource: *mut CUDA_RESOURCE_DESC, object: CUtexObject);
    fn cuTexObjectGetResourceViewDesc(
        view: *mut CUDA_RESOURCE_VIEW_DESC, object: CUtexObject,
    );
}
