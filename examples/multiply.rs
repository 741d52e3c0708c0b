//! Multiplies by a BF16 matrix of an archive, which is packed and stays so: three quarters of its
//! bytes are read for a product. On an NVIDIA GPU where there is one, else on the CPU.
//!
//!     cargo run --release --features gpu --example multiply -- model.wcodec layer.weight

use std::env;
use std::path::Path;
use wcodec::gpu::{GpuContext, GpuDecoder, GpuPackedKernels, GpuPackedMatrix, GpuRows};
use wcodec::packed::{Form, PackedMatrix, WeightRows};
use wcodec::{Archive, Decoder, DeviceChoice, Dtype, Error};

/// The products of a row of ones with each row of a matrix, as BF16 numbers, and the bits that a
/// weight takes.
pub fn multiply(archive: &Path, name: &str) -> wcodec::Result<(Vec<u8>, f64)> {
    let archive = Archive::open(archive)?;
    match GpuContext::open(0) {
        Ok(context) => on_gpu(&context, &archive, name),
        Err(Error::NoGpu { .. }) => on_cpu(&archive, name),
        Err(error) => Err(error),
    }
}

/// BF16 ones.
fn ones(count: u64) -> Vec<u8> {
    0x3F80u16.to_le_bytes().repeat(count as usize)
}

fn on_gpu(context: &GpuContext, archive: &Archive, name: &str) -> wcodec::Result<(Vec<u8>, f64)> {
    let (kernels, decoder) = (GpuPackedKernels::new(context)?, GpuDecoder::new(context)?);
    let whole = (None, None);
    let packed =
        GpuPackedMatrix::from_archive(&kernels, &decoder, archive, name, whole, Form::Fast)?;
    let shape = packed.shape();
    let (rows, columns) = (u64::from(shape.rows()), u64::from(shape.columns()));
    let x = decoder.allocate(2 * columns)?;
    x.write(0, &ones(columns))?;
    let y = decoder.allocate(2 * rows)?;
    let (x, y_rows) = (GpuRows::new(&x, 0, 1, columns)?, GpuRows::new(&y, 0, 1, rows)?);
    packed.multiply(&x, &y_rows, None, kernels.stream())?;
    let mut products = vec![0; 2 * rows as usize];
    y.read(0, &mut products)?; // waits for the product
    Ok((products, bits(packed.byte_len(), shape.weights())))
}

fn on_cpu(archive: &Archive, name: &str) -> wcodec::Result<(Vec<u8>, f64)> {
    let weights = archive.decode_tensor(name, &Decoder::open(DeviceChoice::Cpu)?)?;
    let tensor = archive.tensors().iter().find(|tensor| tensor.name() == name);
    let Some(tensor) = tensor.filter(|tensor| tensor.dtype() == Dtype::BF16) else {
        return Err(Error::InvalidArgument(format!("{name} is not of BF16, which is packed")));
    };
    let columns = tensor.shape().to_vec().last().copied().unwrap_or(1);
    let rows = weights.len() as u64 / (2 * columns.max(1));
    let packed = PackedMatrix::pack(&WeightRows::new(&weights, rows, columns)?, Form::Fast)?;
    let products = packed.multiply(&WeightRows::new(&ones(columns), 1, columns)?, None)?;
    Ok((products, bits(packed.byte_len(), packed.shape().weights())))
}

fn bits(bytes: u64, weights: u64) -> f64 {
    8.0 * bytes as f64 / weights as f64
}

fn main() -> wcodec::Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [archive, name] = &arguments[..] else { panic!("usage: multiply ARCHIVE TENSOR") };
    let (products, bits) = multiply(archive.as_ref(), name)?;
    let first = products
        .first_chunk()
        .map(|&first| f32::from_bits(u32::from(u16::from_le_bytes(first)) << 16));
    println!("{} sums of rows, the first {first:?}; {bits:.2} bits a weight", products.len() / 2);
    Ok(())
}
