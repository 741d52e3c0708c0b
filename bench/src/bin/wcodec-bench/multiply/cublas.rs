//! The dense product of cuBLAS, loaded at run time: nothing of CUDA is needed to build.

use anyhow::{Context, ensure};
use libloading::Library;
use std::ffi::{c_int, c_void};
use std::path::Path;
use wcodec::gpu::DeviceMemory;

/// The names of the library.
const NAMES: [&str; 4] = [
    "libcublas.so.13",
    "libcublas.so.12",
    "/usr/local/cuda/lib64/libcublas.so.13",
    "/usr/local/cuda/lib64/libcublas.so.12",
];

/// `CUDA_R_16BF`, BF16 numbers.
const BF16: c_int = 14;
/// `CUBLAS_COMPUTE_32F`, sums in F32.
const COMPUTE: c_int = 68;
const NOT_TRANSPOSED: c_int = 0;
const TRANSPOSED: c_int = 1;
/// `CUBLAS_GEMM_DEFAULT`, an algorithm of the library's choice.
const DEFAULT: c_int = -1;

type Handle = *mut c_void;
type GemmEx = unsafe extern "C" fn(
    Handle,
    c_int,
    c_int,
    c_int,
    c_int,
    c_int,
    *const f32,
    u64,
    c_int,
    c_int,
    u64,
    c_int,
    c_int,
    *const f32,
    u64,
    c_int,
    c_int,
    c_int,
    c_int,
) -> c_int;

/// A handle of the library, on the first GPU.
pub struct Cublas {
    handle: Handle,
    library: Library,
}

/// y [n, rows] = x [n, columns] · Wᵀ, all row-major at these addresses.
#[derive(Debug, Clone, Copy)]
pub struct Dense {
    pub rows: u64,
    pub columns: u64,
    pub n: u64,
    pub weights: u64,
    pub x: u64,
    pub y: u64,
    /// Numbers from the start of a row of y to that of the next.
    pub y_stride: u64,
}

impl Cublas {
    /// Loads it from a file, or by the system's search path.
    pub fn open(path: Option<&Path>) -> anyhow::Result<Self> {
        // SAFETY: the library is NVIDIA's, whose initialisers have no conditions.
        let load = |name: &std::ffi::OsStr| unsafe { Library::new(name) };
        let library = match path {
            Some(path) => load(path.as_os_str())?,
            None => NAMES
                .iter()
                .find_map(|name| load(name.as_ref()).ok())
                .with_context(|| format!("none of {} is found: use --cublas", NAMES.join(", ")))?,
        };
        let mut handle = std::ptr::null_mut();
        // SAFETY: the function has this type, and the pointer is valid for a write.
        let status = unsafe {
            let create: libloading::Symbol<'_, unsafe extern "C" fn(*mut Handle) -> c_int> =
                library.get(b"cublasCreate_v2\0")?;
            create(&raw mut handle)
        };
        ensure!(status == 0, "cublasCreate failed with status {status}");
        Ok(Self { handle, library })
    }

    /// Its version, such as 130100.
    pub fn version(&self) -> anyhow::Result<i32> {
        let mut version = 0;
        // SAFETY: the function has this type; the handle lives, the pointer is valid for a write.
        let status = unsafe {
            let get: libloading::Symbol<'_, unsafe extern "C" fn(Handle, *mut c_int) -> c_int> =
                self.library.get(b"cublasGetVersion_v2\0")?;
            get(self.handle, &raw mut version)
        };
        ensure!(status == 0, "cublasGetVersion failed with status {status}");
        Ok(version)
    }

    /// Takes a stream and a workspace of device memory for all that follows.
    ///
    /// # Safety
    /// Both outlive all that follows.
    pub unsafe fn work_on(&self, stream: u64, workspace: (u64, u64)) -> anyhow::Result<()> {
        // SAFETY: the functions have these types; the rest is the caller's condition.
        let statuses = unsafe {
            let set_stream: libloading::Symbol<'_, unsafe extern "C" fn(Handle, u64) -> c_int> =
                self.library.get(b"cublasSetStream_v2\0")?;
            let set_workspace: libloading::Symbol<
                '_,
                unsafe extern "C" fn(Handle, u64, usize) -> c_int,
            > = self.library.get(b"cublasSetWorkspace_v2\0")?;
            // The stream resets the workspace, so that it comes first.
            [
                set_stream(self.handle, stream),
                set_workspace(self.handle, workspace.0, workspace.1 as usize),
            ]
        };
        ensure!(statuses == [0, 0], "cuBLAS takes no stream or workspace: {statuses:?}");
        Ok(())
    }

    /// Starts a product on the stream.
    ///
    /// # Safety
    /// The addresses are those of BF16 numbers on the device, as many as the product has.
    pub unsafe fn multiply(&self, dense: &Dense) -> anyhow::Result<()> {
        let Dense { rows, columns, n, weights, x, y, y_stride } = *dense;
        let (m, k, n) = (rows as c_int, columns as c_int, n as c_int);
        let (one, zero) = (1.0, 0.0);
        // SAFETY: the function has this type; the library's matrices are column-major, so that W is
        // its own transpose; the rest is the caller's condition.
        let status = unsafe {
            let gemm: libloading::Symbol<'_, GemmEx> = self.library.get(b"cublasGemmEx\0")?;
            gemm(
                self.handle,
                TRANSPOSED,
                NOT_TRANSPOSED,
                m,
                n,
                k,
                &raw const one,
                weights,
                BF16,
                k,
                x,
                BF16,
                k,
                &raw const zero,
                y,
                BF16,
                y_stride as c_int,
                COMPUTE,
                DEFAULT,
            )
        };
        ensure!(status == 0, "cublasGemmEx failed with status {status}");
        Ok(())
    }
}

/// Products of several matrices of one shape, each with so many rows of x.
pub struct Many {
    pub rows: u64,
    pub columns: u64,
    pub counts: Vec<u64>,
    /// Addresses of the matrices, of their rows of x, and of their results, on the device.
    pub pointers: DeviceMemory,
}

type GemmBatched = unsafe extern "C" fn(
    Handle,
    c_int,
    c_int,
    c_int,
    c_int,
    c_int,
    *const f32,
    u64,
    c_int,
    c_int,
    u64,
    c_int,
    c_int,
    *const f32,
    u64,
    c_int,
    c_int,
    c_int,
    c_int,
    c_int,
) -> c_int;

type Ints = *const c_int;
type GemmGrouped = unsafe extern "C" fn(
    Handle,
    Ints,
    Ints,
    Ints,
    Ints,
    Ints,
    *const f32,
    u64,
    c_int,
    Ints,
    u64,
    c_int,
    Ints,
    *const f32,
    u64,
    c_int,
    Ints,
    c_int,
    Ints,
    c_int,
) -> c_int;

impl Cublas {
    /// Starts products of several matrices on the stream: each with its rows where they are
    /// `grouped`, or else with as many as the one that has the most.
    ///
    /// # Safety
    /// The pointers are those of BF16 numbers on the device, as many as the products have.
    pub unsafe fn multiply_many(&self, many: &Many, grouped: bool) -> anyhow::Result<()> {
        let count = many.counts.len();
        let of = |place: u64| many.pointers.address() + 8 * place * count as u64;
        let (m, k) = (many.rows as c_int, many.columns as c_int);
        let (weights, x, y) = (of(0), of(1), of(2));
        let status = if grouped {
            let all = |value: c_int| vec![value; count];
            let (ones, zeros) = (vec![1.0f32; count], vec![0.0f32; count]);
            let n: Vec<c_int> = many.counts.iter().map(|&count| count as c_int).collect();
            let (transposed, not, m, k, one) =
                (all(TRANSPOSED), all(NOT_TRANSPOSED), all(m), all(k), all(1));
            // SAFETY: the function has this type; the arrays have a number for each group; the rest
            // is the caller's condition.
            unsafe {
                let gemm: libloading::Symbol<'_, GemmGrouped> =
                    self.library.get(b"cublasGemmGroupedBatchedEx\0")?;
                gemm(
                    self.handle,
                    transposed.as_ptr(),
                    not.as_ptr(),
                    m.as_ptr(),
                    n.as_ptr(),
                    k.as_ptr(),
                    ones.as_ptr(),
                    weights,
                    BF16,
                    k.as_ptr(),
                    x,
                    BF16,
                    k.as_ptr(),
                    zeros.as_ptr(),
                    y,
                    BF16,
                    m.as_ptr(),
                    count as c_int,
                    one.as_ptr(),
                    COMPUTE,
                )
            }
        } else {
            let n = many.counts.iter().max().copied().unwrap_or(0) as c_int;
            let (one, zero) = (1.0f32, 0.0f32);
            // SAFETY: the function has this type; the rest is the caller's condition.
            unsafe {
                let gemm: libloading::Symbol<'_, GemmBatched> =
                    self.library.get(b"cublasGemmBatchedEx\0")?;
                gemm(
                    self.handle,
                    TRANSPOSED,
                    NOT_TRANSPOSED,
                    m,
                    n,
                    k,
                    &raw const one,
                    weights,
                    BF16,
                    k,
                    x,
                    BF16,
                    k,
                    &raw const zero,
                    y,
                    BF16,
                    m,
                    count as c_int,
                    COMPUTE,
                    DEFAULT,
                )
            }
        };
        ensure!(status == 0, "cuBLAS multiplies no {count} matrices: status {status}");
        Ok(())
    }
}

impl Drop for Cublas {
    fn drop(&mut self) {
        // SAFETY: the function has this type, and the handle is not used again.
        unsafe {
            let destroy: Result<libloading::Symbol<'_, unsafe extern "C" fn(Handle) -> c_int>, _> =
                self.library.get(b"cublasDestroy_v2\0");
            if let Ok(destroy) = destroy {
                destroy(self.handle);
            }
        }
    }
}
