//! The driver's errors.

use crate::sys::{self, CUresult, cudaError_enum};
use std::error::Error;
use std::ffi::CStr;
use std::fmt;

/// Declares the errors, and how a result code becomes one.
macro_rules! errors {
    ($($name:ident = $number:literal from $code:ident,)*) => {
        /// The errors of the driver.
        #[repr(u32)]
        #[non_exhaustive]
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        #[allow(missing_docs)]
        pub enum CudaError {
            $($name = $number,)*
            /// Memory of no bytes was asked for, or the null address was to be freed.
            InvalidMemoryAllocation = 100_100,
        }

        impl CudaError {
            /// The driver's code for the error, if it is the driver's.
            fn code(self) -> Option<cudaError_enum> {
                match self {
                    $(Self::$name => Some(cudaError_enum::$code),)*
                    Self::InvalidMemoryAllocation => None,
                }
            }
        }

        impl ToResult for cudaError_enum {
            fn to_result(self) -> CudaResult<()> {
                match self {
                    Self::CUDA_SUCCESS => Ok(()),
                    $(Self::$code => Err(CudaError::$name),)*
                }
            }
        }
    };
}

/// The result of everything here that can fail.
pub type CudaResult<T> = Result<T, CudaError>;

/// Makes a [`CudaResult`] of what a function in [`sys`] returns.
pub trait ToResult {
    /// `Ok` for success, or else the error.
    fn to_result(self) -> CudaResult<()>;
}

errors! {
    InvalidValue = 1 from CUDA_ERROR_INVALID_VALUE,
    OutOfMemory = 2 from CUDA_ERROR_OUT_OF_MEMORY,
    NotInitialized = 3 from CUDA_ERROR_NOT_INITIALIZED,
    Deinitialized = 4 from CUDA_ERROR_DEINITIALIZED,
    ProfilerDisabled = 5 from CUDA_ERROR_PROFILER_DISABLED,
    ProfilerNotInitialized = 6 from CUDA_ERROR_PROFILER_NOT_INITIALIZED,
    ProfilerAlreadyStarted = 7 from CUDA_ERROR_PROFILER_ALREADY_STARTED,
    ProfilerAlreadyStopped = 8 from CUDA_ERROR_PROFILER_ALREADY_STOPPED,
    StubLibrary = 34 from CUDA_ERROR_STUB_LIBRARY,
    NoDevice = 100 from CUDA_ERROR_NO_DEVICE,
    InvalidDevice = 101 from CUDA_ERROR_INVALID_DEVICE,
    DeviceNotLicensed = 102 from CUDA_ERROR_DEVICE_NOT_LICENSED,
    InvalidImage = 200 from CUDA_ERROR_INVALID_IMAGE,
    InvalidContext = 201 from CUDA_ERROR_INVALID_CONTEXT,
    ContextAlreadyCurrent = 202 from CUDA_ERROR_CONTEXT_ALREADY_CURRENT,
    MapFailed = 205 from CUDA_ERROR_MAP_FAILED,
    UnmapFailed = 206 from CUDA_ERROR_UNMAP_FAILED,
    ArrayIsMapped = 207 from CUDA_ERROR_ARRAY_IS_MAPPED,
    AlreadyMapped = 208 from CUDA_ERROR_ALREADY_MAPPED,
    NoBinaryForGpu = 209 from CUDA_ERROR_NO_BINARY_FOR_GPU,
    AlreadyAcquired = 210 from CUDA_ERROR_ALREADY_ACQUIRED,
    NotMapped = 211 from CUDA_ERROR_NOT_MAPPED,
    NotMappedAsArray = 212 from CUDA_ERROR_NOT_MAPPED_AS_ARRAY,
    NotMappedAsPointer = 213 from CUDA_ERROR_NOT_MAPPED_AS_POINTER,
    EccUncorrectable = 214 from CUDA_ERROR_ECC_UNCORRECTABLE,
    UnsupportedLimit = 215 from CUDA_ERROR_UNSUPPORTED_LIMIT,
    ContextAlreadyInUse = 216 from CUDA_ERROR_CONTEXT_ALREADY_IN_USE,
    PeerAccessUnsupported = 217 from CUDA_ERROR_PEER_ACCESS_UNSUPPORTED,
    InvalidPtx = 218 from CUDA_ERROR_INVALID_PTX,
    InvalidGraphicsContext = 219 from CUDA_ERROR_INVALID_GRAPHICS_CONTEXT,
    NvlinkUncorrectable = 220 from CUDA_ERROR_NVLINK_UNCORRECTABLE,
    JitCompilerNotFound = 221 from CUDA_ERROR_JIT_COMPILER_NOT_FOUND,
    UnsupportedPtxVersion = 222 from CUDA_ERROR_UNSUPPORTED_PTX_VERSION,
    JitCompilationDisabled = 223 from CUDA_ERROR_JIT_COMPILATION_DISABLED,
    UnsupportedExecAffinity = 224 from CUDA_ERROR_UNSUPPORTED_EXEC_AFFINITY,
    InvalidSource = 300 from CUDA_ERROR_INVALID_SOURCE,
    FileNotFound = 301 from CUDA_ERROR_FILE_NOT_FOUND,
    SharedObjectSymbolNotFound = 302 from CUDA_ERROR_SHARED_OBJECT_SYMBOL_NOT_FOUND,
    SharedObjectInitFailed = 303 from CUDA_ERROR_SHARED_OBJECT_INIT_FAILED,
    OperatingSystemError = 304 from CUDA_ERROR_OPERATING_SYSTEM,
    InvalidHandle = 400 from CUDA_ERROR_INVALID_HANDLE,
    IllegalState = 401 from CUDA_ERROR_ILLEGAL_STATE,
    NotFound = 500 from CUDA_ERROR_NOT_FOUND,
    NotReady = 600 from CUDA_ERROR_NOT_READY,
    IllegalAddress = 700 from CUDA_ERROR_ILLEGAL_ADDRESS,
    LaunchOutOfResources = 701 from CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES,
    LaunchTimeout = 702 from CUDA_ERROR_LAUNCH_TIMEOUT,
    LaunchIncompatibleTexturing = 703 from CUDA_ERROR_LAUNCH_INCOMPATIBLE_TEXTURING,
    PeerAccessAlreadyEnabled = 704 from CUDA_ERROR_PEER_ACCESS_ALREADY_ENABLED,
    PeerAccessNotEnabled = 705 from CUDA_ERROR_PEER_ACCESS_NOT_ENABLED,
    PrimaryContextActive = 708 from CUDA_ERROR_PRIMARY_CONTEXT_ACTIVE,
    ContextIsDestroyed = 709 from CUDA_ERROR_CONTEXT_IS_DESTROYED,
    AssertError = 710 from CUDA_ERROR_ASSERT,
    TooManyPeers = 711 from CUDA_ERROR_TOO_MANY_PEERS,
    HostMemoryAlreadyRegistered = 712 from CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED,
    HostMemoryNotRegistered = 713 from CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED,
    HardwareStackError = 714 from CUDA_ERROR_HARDWARE_STACK_ERROR,
    IllegalInstruction = 715 from CUDA_ERROR_ILLEGAL_INSTRUCTION,
    MisalignedAddress = 716 from CUDA_ERROR_MISALIGNED_ADDRESS,
    InvalidAddressSpace = 717 from CUDA_ERROR_INVALID_ADDRESS_SPACE,
    InvalidProgramCounter = 718 from CUDA_ERROR_INVALID_PC,
    LaunchFailed = 719 from CUDA_ERROR_LAUNCH_FAILED,
    CooperativeLaunchTooLarge = 720 from CUDA_ERROR_COOPERATIVE_LAUNCH_TOO_LARGE,
    NotPermitted = 800 from CUDA_ERROR_NOT_PERMITTED,
    NotSupported = 801 from CUDA_ERROR_NOT_SUPPORTED,
    SystemNotReady = 802 from CUDA_ERROR_SYSTEM_NOT_READY,
    SystemDriverMismatch = 803 from CUDA_ERROR_SYSTEM_DRIVER_MISMATCH,
    CompatNotSupportedOnDevice = 804 from CUDA_ERROR_COMPAT_NOT_SUPPORTED_ON_DEVICE,
    MpsConnectionFailed = 805 from CUDA_ERROR_MPS_CONNECTION_FAILED,
    MpsRpcFailure = 806 from CUDA_ERROR_MPS_RPC_FAILURE,
    MpsServerNotReady = 807 from CUDA_ERROR_MPS_SERVER_NOT_READY,
    MpsMaxClientsReached = 808 from CUDA_ERROR_MPS_MAX_CLIENTS_REACHED,
    MpsMaxConnectionsReached = 809 from CUDA_ERROR_MPS_MAX_CONNECTIONS_REACHED,
    StreamCaptureUnsupported = 900 from CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED,
    StreamCaptureInvalidated = 901 from CUDA_ERROR_STREAM_CAPTURE_INVALIDATED,
    StreamCaptureMerge = 902 from CUDA_ERROR_STREAM_CAPTURE_MERGE,
    StreamCaptureUnmatched = 903 from CUDA_ERROR_STREAM_CAPTURE_UNMATCHED,
    StreamCaptureUnjoined = 904 from CUDA_ERROR_STREAM_CAPTURE_UNJOINED,
    StreamCaptureIsolation = 905 from CUDA_ERROR_STREAM_CAPTURE_ISOLATION,
    StreamCaptureImplicit = 906 from CUDA_ERROR_STREAM_CAPTURE_IMPLICIT,
    CapturedEvent = 907 from CUDA_ERROR_CAPTURED_EVENT,
    StreamCaptureWrongThread = 908 from CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD,
    Timeout = 909 from CUDA_ERROR_TIMEOUT,
    GraphExecUpdateFailure = 910 from CUDA_ERROR_GRAPH_EXEC_UPDATE_FAILURE,
    ExternalDevice = 911 from CUDA_ERROR_EXTERNAL_DEVICE,
    UnknownError = 999 from CUDA_ERROR_UNKNOWN,
}

/// In the driver's words. Without a driver there are words of our own for the errors that come
/// of that.
impl fmt::Display for CudaError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(code) = self.code() else {
            return out.write_str("memory of no bytes, or at the null address");
        };
        match driver_text(code) {
            Some(text) => out.write_str(&text),
            None => out.write_str(own_text(code)),
        }
    }
}

impl Error for CudaError {}

fn driver_text(code: CUresult) -> Option<String> {
    let mut text = std::ptr::null();
    // SAFETY: the pointer is valid for a write.
    unsafe { sys::cuGetErrorString(code, &raw mut text) }.to_result().ok()?;
    if text.is_null() {
        return None;
    }
    // SAFETY: not null, so it is a C string, which the driver keeps for ever.
    Some(unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned())
}

fn own_text(code: CUresult) -> &'static str {
    match code {
        CUresult::CUDA_ERROR_NO_DEVICE => "no NVIDIA driver is installed",
        CUresult::CUDA_ERROR_NOT_FOUND => "the NVIDIA driver is too old: it lacks a function",
        _ => "error of the NVIDIA driver",
    }
}
