//! Packed matrices on a GPU: the bytes of the CPU's, unpacked to the bit, and multiplied to what
//! the weights say.

mod archive;
mod arguments;
mod experts;
mod graph;
mod multiply;
mod pack;
mod raw;
mod unpacked;
#[path = "../packed/weights.rs"]
mod weights;

use std::sync::LazyLock;
use wcodec::gpu::{DeviceMemory, GpuContext, GpuPackedKernels, GpuPackedMatrix, GpuRows};
use wcodec::packed::Form;
use weights::Weights;

/// One for all tests, as a program has.
static KERNELS: LazyLock<GpuPackedKernels> =
    LazyLock::new(|| GpuPackedKernels::new(&GpuContext::open(0).expect("an NVIDIA GPU")).unwrap());

/// Memory that holds these bytes, and poison after them.
fn memory(bytes: &[u8]) -> DeviceMemory {
    let memory = DeviceMemory::new(KERNELS.context(), bytes.len() as u64 + 256).unwrap();
    memory.fill(0xA5).unwrap();
    memory.write(0, bytes).unwrap();
    memory
}

/// The bytes that were written to memory, nothing having been written after them.
fn read(memory: &DeviceMemory) -> Vec<u8> {
    let mut bytes = vec![0; memory.len() as usize];
    memory.read(0, &mut bytes).unwrap();
    let after = bytes.split_off(bytes.len() - 256);
    assert!(after.iter().all(|&byte| byte == 0xA5), "written beyond the end");
    bytes
}

fn pack(weights: &Weights, form: Form) -> GpuPackedMatrix {
    let memory = memory(&weights.bytes());
    let rows = GpuRows::new(&memory, 0, weights.rows as u64, weights.columns as u64).unwrap();
    GpuPackedMatrix::pack(&KERNELS, &rows, form).unwrap()
}

fn multiply(packed: &GpuPackedMatrix, x: &Weights, bias: Option<&[u8]>) -> Vec<u16> {
    let rows = u64::from(packed.shape().rows());
    let (x_memory, bias) = (memory(&x.bytes()), bias.map(memory));
    let y = memory(&vec![0xFF; 2 * x.rows * rows as usize]);
    let x = GpuRows::new(&x_memory, 0, x.rows as u64, x.columns as u64).unwrap();
    let y_rows = GpuRows::new(&y, 0, u64::from(x.shape().rows()), rows).unwrap();
    let bias = bias.as_ref().map(|bias| GpuRows::new(bias, 0, 1, rows).unwrap());
    packed.multiply(&x, &y_rows, bias.as_ref(), KERNELS.stream()).unwrap();
    numbers(&read(&y))
}

fn numbers(bytes: &[u8]) -> Vec<u16> {
    bytes.chunks_exact(2).map(|bits| u16::from_le_bytes([bits[0], bits[1]])).collect()
}
