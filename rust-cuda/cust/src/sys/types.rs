//! Handles and the few enums and structures that our functions take.

use std::ffi::{c_char, c_int, c_uint, c_ulonglong};

/// A device, by a number of the driver's.
pub type CUdevice = c_int;
/// An address in device memory.
pub type CUdeviceptr = c_ulonglong;
/// The number of an attribute of a device; [`DeviceAttribute`](crate::device::DeviceAttribute) has
/// their names.
pub type CUdevice_attribute = c_uint;

/// Declares handles: pointers to something that only the driver knows.
macro_rules! handles {
    ($($name:ident => $target:ident, $what:literal;)*) => {$(
        #[doc = concat!("What a handle of ", $what, " points to.")]
        #[repr(C)]
        #[derive(Debug)]
        pub struct $target {
            _private: [u8; 0],
        }

        #[doc = concat!("A handle of ", $what, ".")]
        pub type $name = *mut $target;
    )*};
}

handles! {
    CUcontext => CUctx_st, "a context";
    CUevent => CUevent_st, "an event";
    CUfunction => CUfunc_st, "a kernel";
    CUgraph => CUgraph_st, "a graph";
    CUgraphExec => CUgraphExec_st, "a graph that can be launched";
    CUmodule => CUmod_st, "a module";
    CUstream => CUstream_st, "a stream";
}

/// The 16 bytes that identify a device wherever it is plugged in.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CUuuid {
    /// The bytes, in the order in which they are written.
    pub bytes: [c_char; 16],
}

/// Declares an enum that is passed to the driver by value.
macro_rules! values {
    ($(#[$docs:meta])* $name:ident as $alias:ident { $($value:ident = $number:literal,)* }) => {
        $(#[$docs])*
        #[repr(u32)]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[allow(missing_docs)]
        pub enum $name { $($value = $number,)* }
        pub use self::$name as $alias;
    };
}

values! {
    /// Flags of an event.
    CUevent_flags_enum as CUevent_flags {
        CU_EVENT_DEFAULT = 0,
        CU_EVENT_BLOCKING_SYNC = 1,
        CU_EVENT_DISABLE_TIMING = 2,
        CU_EVENT_INTERPROCESS = 4,
    }
}

values! {
    /// Attributes of a kernel.
    CUfunction_attribute_enum as CUfunction_attribute {
        CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK = 0,
        CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES = 1,
        CU_FUNC_ATTRIBUTE_CONST_SIZE_BYTES = 2,
        CU_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES = 3,
        CU_FUNC_ATTRIBUTE_NUM_REGS = 4,
        CU_FUNC_ATTRIBUTE_PTX_VERSION = 5,
        CU_FUNC_ATTRIBUTE_BINARY_VERSION = 6,
        CU_FUNC_ATTRIBUTE_CACHE_MODE_CA = 7,
        CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES = 8,
        CU_FUNC_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT = 9,
    }
}

values! {
    /// Options of the compiler in the driver.
    CUjit_option_enum as CUjit_option {
        CU_JIT_MAX_REGISTERS = 0,
        CU_JIT_OPTIMIZATION_LEVEL = 7,
        CU_JIT_GENERATE_DEBUG_INFO = 11,
        CU_JIT_GENERATE_LINE_INFO = 13,
    }
}

values! {
    /// The calls that a capture forbids, and the threads that it binds.
    CUstreamCaptureMode_enum as CUstreamCaptureMode {
        CU_STREAM_CAPTURE_MODE_GLOBAL = 0,
        CU_STREAM_CAPTURE_MODE_THREAD_LOCAL = 1,
        CU_STREAM_CAPTURE_MODE_RELAXED = 2,
    }
}

values! {
    /// Attributes of a launch.
    CUlaunchAttributeID_enum as CUlaunchAttributeID {
        CU_LAUNCH_ATTRIBUTE_IGNORE = 0,
        CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION = 4,
        CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION = 6,
    }
}

/// An attribute of a launch. The driver's value is a union of 64 bytes; those that are used here
/// are up to three numbers at its beginning.
#[repr(C, align(8))]
#[derive(Debug, Clone, Copy)]
pub struct CUlaunchAttribute {
    /// The number of the attribute.
    pub id: CUlaunchAttributeID,
    /// Nothing.
    pub pad: [c_char; 4],
    /// Its value.
    pub value: [c_uint; 16],
}

/// The configuration of a launch.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
#[allow(non_snake_case, missing_docs)]
pub struct CUlaunchConfig {
    pub gridDimX: c_uint,
    pub gridDimY: c_uint,
    pub gridDimZ: c_uint,
    pub blockDimX: c_uint,
    pub blockDimY: c_uint,
    pub blockDimZ: c_uint,
    pub sharedMemBytes: c_uint,
    pub hStream: CUstream,
    pub attrs: *mut CUlaunchAttribute,
    pub numAttrs: c_uint,
}
