//! Archives of tensors.

use super::{Options, Tensor};
use std::path::Path;
use wcodec::container::{ContentHash, Manifest, TensorSpec};
use wcodec::{Archive, ArchiveWriter};

/// Writes an archive of tensors named "tensor 0", "tensor 1" and so on, each encoded with its
/// options, and opens it.
pub fn write_archive<'a>(
    path: &Path,
    tensors: impl Iterator<Item = (&'a Tensor, Options)> + Clone,
) -> Archive {
    let spec = |(number, (tensor, _)): (usize, (&Tensor, Options))| {
        TensorSpec::new(format!("tensor {number}"), tensor.dtype, tensor.shape.as_slice())
    };
    let specs = tensors.clone().enumerate().map(spec).collect();
    let manifest = Manifest::new(specs);
    let mut writer = ArchiveWriter::create(path, manifest).unwrap();
    for (tensor, options) in tensors {
        let blob = options.encoder().encode(&tensor.view()).unwrap();
        writer.append(&blob, ContentHash::of(&tensor.data)).unwrap();
    }
    writer.finish().unwrap().commit().unwrap();
    Archive::open(path).unwrap()
}
