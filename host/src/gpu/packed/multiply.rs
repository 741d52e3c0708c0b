//! y = x Wᵀ for packed W: launches.
#![allow(unsafe_code)]

use super::kernels::GpuPackedKernels;
use super::raw::RawPackedMatrix;
use super::rows::RawRows;
use crate::gpu::driver::RawStream;
use crate::{Error, Result};
use bytemuck::Zeroable;
use wcodec_codec::packed::Form;
use wcodec_kernels::packed::launch::{MAX_GROUP, Multiply, MultiplyKernel, Product};

/// A matrix to multiply, and where the result goes: a row for each row of x, a number for each row
/// of the matrix.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct RawProduct<'a> {
    /// The matrix.
    pub matrix: RawPackedMatrix<'a>,
    /// Room for the result.
    pub y: RawRows,
    /// The address of BF16 numbers, one for each row of the matrix, that are added to each row of
    /// the result; the sum of F32 numbers is rounded after that.
    pub bias: Option<u64>,
}

impl<'a> RawProduct<'a> {
    /// The product of a matrix, without a bias.
    pub fn new(matrix: impl Into<RawPackedMatrix<'a>>, y: RawRows) -> Self {
        Self { matrix: matrix.into(), y, bias: None }
    }

    /// Sets [`RawProduct::bias`].
    pub fn bias(mut self, bias: impl Into<Option<u64>>) -> Self {
        self.bias = bias.into();
        self
    }
}

impl GpuPackedKernels {
    /// Starts to multiply the rows of `x` by each of the matrices: one launch for up to four of one
    /// form. Nothing is allocated, copied or waited for.
    ///
    /// Each element of a result is summed up in F32 in an order that depends on nothing but the
    /// number of columns, so that a row of y is the same whatever other rows, or matrices, are
    /// multiplied with it, and each time.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] where rows or columns do not fit, or a matrix is of another
    /// context; [`Error::Gpu`].
    ///
    /// # Safety
    /// `x` and each bias are readable by work on `stream`, a stream of this context, each y is
    /// writable and overlaps nothing else, and no matrix is dropped, all of that until the work is
    /// done. (In a graph: each time until its launch is done.)
    pub unsafe fn launch_multiply(
        &self,
        products: &[RawProduct<'_>],
        x: RawRows,
        stream: RawStream,
    ) -> Result<()> {
        products.iter().try_for_each(|product| self.check(product, x))?;
        for form in Form::ALL {
            let of_form = |product: &&RawProduct<'_>| {
                product.matrix.form() == form && product.matrix.shape().rows() > 0
            };
            let mut group = products.iter().filter(of_form).peekable();
            while group.peek().is_some() && x.shape().rows() > 0 {
                // SAFETY: what was checked, and the caller's condition.
                unsafe { self.launch_group(form, &mut group, x, stream) }?;
            }
        }
        Ok(())
    }

    pub(super) fn check(&self, product: &RawProduct<'_>, x: RawRows) -> Result<()> {
        let (matrix, y) = (product.matrix, product.y.shape());
        self.context().check_same(matrix.kernels().context(), "the matrix", "the kernels")?;
        let (shape, n) = (matrix.shape(), x.shape().rows());
        if x.shape().columns() != shape.columns() {
            return Err(Error::InvalidArgument(format!(
                "x has {} columns, the matrix {}",
                x.shape().columns(),
                shape.columns()
            )));
        }
        if (y.rows(), y.columns()) != (n, shape.rows()) {
            return Err(Error::InvalidArgument(format!(
                "y is {} × {}, the result {n} × {}",
                y.rows(),
                y.columns(),
                shape.rows()
            )));
        }
        if product.bias.is_some_and(|bias| bias == 0 || !bias.is_multiple_of(2)) {
            return Err(Error::InvalidArgument("the bias cannot lie at its address".into()));
        }
        Ok(())
    }

    /// Launches the first products of one form.
    ///
    /// # Safety
    /// As [`GpuPackedKernels::launch_multiply`], of products that were checked.
    unsafe fn launch_group<'a, 'b: 'a>(
        &self,
        form: Form,
        products: &mut impl Iterator<Item = &'a RawProduct<'b>>,
        x: RawRows,
        stream: RawStream,
    ) -> Result<()> {
        let n = x.shape().rows();
        let capability = self.context().capability();
        // An array, as nothing is allocated here.
        let group: [Option<&RawProduct<'_>>; MAX_GROUP] = std::array::from_fn(|_| products.next());
        let group = || group.iter().flatten();
        let blocks = group().map(|product| u64::from(product.matrix.shape().blocks())).sum();
        let device = (capability, self.context().multiprocessors());
        let kernel = MultiplyKernel::of(form, n, blocks, device);
        let places = kernel.places(capability);
        let mut argument = Multiply { x: x.rows(), n, places, ..Multiply::zeroed() };
        let mut groups = 0;
        for (place, product) in argument.products.iter_mut().zip(group()) {
            *place = Product {
                matrix: product.matrix.on_device(),
                y: product.y.rows(),
                bias: product.bias.unwrap_or(0),
                first_group: groups,
                padding: 0,
            };
            groups += product.matrix.shape().blocks().div_ceil(kernel.blocks);
        }
        for place in argument.products.iter_mut().filter(|place| place.y.address == 0) {
            // No group is as high.
            place.first_group = u32::MAX;
        }
        argument.groups = groups;
        // SAFETY: the products are laid out as the kernel takes them; the rest is the caller's
        // condition.
        unsafe { self.launch_product(kernel, kernel.grid(groups, n), &argument, stream) }
    }
}
