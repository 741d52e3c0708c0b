//! The content of a file of tensors, known before the first of them is read or encoded.

use crate::metadata::Metadata;
use crate::shape::Shape;
use crate::{Dtype, Error, Result};

/// A tensor's name, element type and shape.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TensorSpec {
    /// The name, unique in its file: any Unicode but NUL, a `..` that stands alone or between
    /// slashes, and absolute paths.
    pub name: String,
    /// The element type.
    pub dtype: Dtype,
    /// The extents, outermost first; empty for rank 0.
    pub shape: Shape,
}

impl TensorSpec {
    /// A tensor of this name, element type and shape, outermost extent first.
    pub fn new(name: impl Into<String>, dtype: Dtype, shape: impl Into<Shape>) -> Self {
        Self { name: name.into(), dtype, shape: shape.into() }
    }

    /// Bytes of the decoded tensor.
    ///
    /// # Errors
    /// As [`crate::byte_len`], naming the tensor.
    pub fn byte_len(&self) -> Result<u64> {
        self.shape.byte_len(self.dtype).map_err(|reason| {
            let (name, dtype) = (&self.name, self.dtype);
            Error::InvalidArgument(format!("tensor {name:?}, of dtype {dtype}, {reason}"))
        })
    }
}

/// The tensors of a file in their order, and the file's other content.
///
/// ```
/// use wcodec::Dtype;
/// use wcodec::container::{Manifest, Metadata, TensorSpec};
///
/// let tensors = vec![TensorSpec::new("bias", Dtype::F32, [4])];
/// let metadata = Metadata::new([("format", "pt")])?;
/// let manifest = Manifest::new(tensors).metadata(metadata).file_name("ae.sft".to_owned());
/// assert_eq!(manifest.tensors[0].byte_len()?, 16);
/// # Ok::<(), wcodec::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Manifest {
    /// The tensors, in the order of their data.
    pub tensors: Vec<TensorSpec>,
    /// The `__metadata__` of the source; `None` where it had none.
    pub metadata: Option<Metadata>,
    /// The JSON header of the safetensors source to the byte; `None` where the source was something
    /// else.
    pub safetensors_header: Option<String>,
    /// The name that the source file had, without its folder, where the archive's own does not
    /// tell it: `ae.sft`, but not `model.safetensors`. One part of a path, never more.
    pub file_name: Option<String>,
    /// True where the source was any file, carried as it is: the bytes of the tensors, one after
    /// another, are the file, and nothing else about them means anything.
    pub as_is: bool,
}

impl Manifest {
    /// These tensors, and no other content.
    pub fn new(tensors: Vec<TensorSpec>) -> Self {
        Self { tensors, ..Self::default() }
    }

    /// Sets [`Manifest::metadata`].
    pub fn metadata(mut self, metadata: impl Into<Option<Metadata>>) -> Self {
        self.metadata = metadata.into();
        self
    }

    /// Sets [`Manifest::safetensors_header`].
    pub fn safetensors_header(mut self, header: impl Into<Option<String>>) -> Self {
        self.safetensors_header = header.into();
        self
    }

    /// Sets [`Manifest::file_name`].
    pub fn file_name(mut self, name: impl Into<Option<String>>) -> Self {
        self.file_name = name.into();
        self
    }

    /// Sets [`Manifest::as_is`].
    pub fn as_is(mut self, as_is: bool) -> Self {
        self.as_is = as_is;
        self
    }
}
