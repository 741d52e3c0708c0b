//! y = x Wᵀ for packed W, in memory of ours.
#![allow(unsafe_code)]

use super::kernels::GpuPackedKernels;
use super::matrix::GpuPackedMatrix;
use super::multiply::RawProduct;
use super::rows::GpuRows;
use crate::gpu::driver::{DeviceMemory, GpuStream};
use crate::{Error, Result};

/// A matrix to multiply, where the result goes, and a row of numbers to add to each of its rows.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct GpuProduct<'a> {
    /// The matrix.
    pub matrix: &'a GpuPackedMatrix,
    /// Room for the result: a row for each row of x, a number for each row of the matrix.
    pub y: GpuRows<'a>,
    /// One row of as many numbers as y has columns.
    pub bias: Option<GpuRows<'a>>,
}

impl<'a> GpuProduct<'a> {
    /// The product of a matrix, without a bias.
    pub fn new(matrix: &'a GpuPackedMatrix, y: GpuRows<'a>) -> Self {
        Self { matrix, y, bias: None }
    }

    /// Sets [`GpuProduct::bias`].
    pub fn bias(mut self, bias: impl Into<Option<GpuRows<'a>>>) -> Self {
        self.bias = bias.into();
        self
    }

    fn raw(&self) -> RawProduct<'a> {
        let bias = self.bias.map(|bias| bias.raw.rows().address);
        RawProduct::new(self.matrix, self.y.raw).bias(bias)
    }
}

impl GpuPackedMatrix {
    /// Starts to multiply the rows of `x`, add the `bias` and round to BF16, to rows of `y`; does
    /// not wait.
    ///
    /// # Errors
    /// As [`GpuPackedKernels::multiply`].
    pub fn multiply(
        &self,
        x: &GpuRows<'_>,
        y: &GpuRows<'_>,
        bias: Option<&GpuRows<'_>>,
        stream: &GpuStream,
    ) -> Result<()> {
        let product = GpuProduct::new(self, *y).bias(bias.copied());
        self.kernels.multiply(&[product], x, stream)
    }
}

impl GpuPackedKernels {
    /// As [`GpuPackedKernels::launch_multiply`], after all that was started before with any of the
    /// memory, on any stream.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] where rows or columns do not fit, anything is of another context,
    /// or y lies in memory that x, a bias or another y lies in; [`Error::Gpu`].
    pub fn multiply(
        &self,
        products: &[GpuProduct<'_>],
        x: &GpuRows<'_>,
        stream: &GpuStream,
    ) -> Result<()> {
        let biases = products.iter().filter_map(|product| product.bias);
        check_apart(products, x)?;
        products.iter().try_for_each(check_bias)?;
        let mut memories: Vec<&DeviceMemory> = biases.map(|bias| bias.memory).collect();
        memories.extend(products.iter().map(|product| product.y.memory));
        memories.extend(products.iter().map(|product| &*product.matrix.memory));
        memories.push(x.memory);
        let products: Vec<_> = products.iter().map(GpuProduct::raw).collect();
        self.context().check_same(stream.context(), "the stream", "the kernels")?;
        use_all(&mut memories, stream, || {
            // SAFETY: everything is in the memories, which are used in turn with their other uses
            // and waited for before they are freed; no y overlaps anything.
            unsafe { self.launch_multiply(&products, x.raw, stream.raw()) }
        })
    }
}

/// Checks that nothing else lies in the memory of any y.
fn check_apart(products: &[GpuProduct<'_>], x: &GpuRows<'_>) -> Result<()> {
    let same = |a: &GpuRows<'_>, b: &GpuRows<'_>| std::ptr::eq(a.memory, b.memory);
    let overlaps = |(at, product): (usize, &GpuProduct<'_>)| {
        same(&product.y, x)
            || std::ptr::eq(product.y.memory, &*product.matrix.memory)
            || products.iter().filter_map(|other| other.bias).any(|bias| same(&product.y, &bias))
            || products[..at].iter().any(|other| same(&product.y, &other.y))
    };
    if products.iter().enumerate().any(overlaps) {
        let reason = "y shares its memory with x, a bias or another y";
        return Err(Error::InvalidArgument(reason.into()));
    }
    Ok(())
}

fn check_bias(product: &GpuProduct<'_>) -> Result<()> {
    let rows = product.matrix.shape().rows();
    let Some(bias) = product.bias else { return Ok(()) };
    let shape = bias.shape();
    if (shape.rows(), shape.columns()) != (1, rows) {
        return Err(Error::InvalidArgument(format!(
            "the bias is {} × {}, one row of {rows} is needed",
            shape.rows(),
            shape.columns()
        )));
    }
    Ok(())
}

/// Starts work that uses all of these memories.
pub fn use_all(
    memories: &mut [&DeviceMemory],
    stream: &GpuStream,
    work: impl FnOnce() -> Result<()>,
) -> Result<()> {
    // In the order of their addresses, so that two threads never wait for each other.
    memories.sort_unstable_by_key(|memory| std::ptr::from_ref(*memory));
    let mut different: Vec<&DeviceMemory> = memories.to_vec();
    different.dedup_by(|a, b| std::ptr::eq(*a, *b));
    let mut work: Box<dyn FnOnce() -> Result<()> + '_> = Box::new(work);
    for memory in different {
        let inner = work;
        work = Box::new(move || memory.use_on(stream, inner));
    }
    work()
}
