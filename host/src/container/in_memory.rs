//! One tensor in memory, as an archive of one tensor.

use super::front::Front;
use super::resolve::resolve;
use super::storage::Storage;
use super::write::ArchiveWriter;
use super::{ContentHash, Limits, Manifest, TensorSpec, check_manifest, decode};
use crate::memory::{Room, new_filled, reserve};
use crate::{Decoder, DeviceChoice, Encoder, Error, Result, Tensor, TensorView};
use std::io::Cursor;
use std::path::Path;

/// The name of the tensor in its archive.
const NAME: &str = "tensor";
/// The stand-in for a path in messages.
const PATH: &str = "<memory>";

/// Compresses one tensor. The result is an archive of one tensor, a whole .wcodec file with
/// checksums of everything, which [`decompress`], [`Archive::from_bytes`] and the program read.
///
/// [`Archive::from_bytes`]: super::Archive::from_bytes
///
/// # Errors
/// [`Error::LimitExceeded`] where the tensor exceeds the default [`Limits`];
/// [`Error::OutOfMemory`].
///
/// ```
/// use wcodec::{Dtype, TensorView};
///
/// # fn main() -> wcodec::Result<()> {
/// let weights: Vec<u8> = (0..64 * 512u32).map(|i| (i * i % 23) as u8).collect();
/// let compressed = wcodec::compress(&TensorView::new(Dtype::I8, &[64, 512], &weights)?)?;
/// assert!(compressed.len() < weights.len());
///
/// let tensor = wcodec::decompress(&compressed)?;
/// assert_eq!((tensor.dtype(), tensor.shape()), (Dtype::I8, &[64, 512][..]));
/// assert_eq!(tensor.data(), weights);
/// # Ok(())
/// # }
/// ```
pub fn compress(tensor: &TensorView<'_>) -> Result<Vec<u8>> {
    compress_with(tensor, &Encoder::new())
}

/// As [`compress`], by this encoder.
///
/// # Errors
/// As [`compress`] and [`Encoder::encode`].
pub fn compress_with(tensor: &TensorView<'_>, encoder: &Encoder) -> Result<Vec<u8>> {
    let spec =
        TensorSpec { name: NAME.to_owned(), dtype: tensor.dtype(), shape: tensor.shape().into() };
    let manifest = Manifest { tensors: vec![spec], ..Manifest::default() };
    let path = Path::new(PATH);
    // Limits are told before the work.
    let header_len = check_manifest(&manifest, None, path)?;
    let blob = encoder.encode(tensor)?;
    let room = (blob.len() as u64).saturating_add(header_len).saturating_add(1024);
    let out = Cursor::new(reserve(room, "a compressed tensor")?);
    let mut writer = ArchiveWriter::new(out, path, manifest)?;
    writer.append(&blob, ContentHash::of(tensor.data()))?;
    Ok(writer.finish()?.into_inner())
}

/// Decompresses an archive of one tensor, such as [`compress`] gives, on the CPU. Every byte of it
/// is checked: one that is another is an error.
///
/// # Errors
/// As [`Archive::open`] and [`Archive::decode_tensor`]; [`Error::InvalidArgument`] where the
/// archive holds no or several tensors.
///
/// [`Archive::open`]: super::Archive::open
/// [`Archive::decode_tensor`]: super::Archive::decode_tensor
pub fn decompress(archive: &[u8]) -> Result<Tensor> {
    decompress_with(archive, &Decoder::open(DeviceChoice::Cpu)?)
}

/// As [`decompress`], by this decoder.
///
/// # Errors
/// As [`decompress`]; [`Error::Gpu`].
pub fn decompress_with(archive: &[u8], decoder: &Decoder) -> Result<Tensor> {
    let storage = Storage::in_memory(archive);
    let mut front = Front::read(&storage, &Limits::default())?;
    resolve(&storage, &mut front, &Limits::default(), None)?;
    let [tensor] = &front.contents.tensors[..] else {
        return Err(Error::InvalidArgument(format!(
            "the archive holds {} tensors, not one: open it with Archive::from_bytes",
            front.contents.tensors.len()
        )));
    };
    let bytes = storage.read_blob(tensor)?;
    let blob = decode::parse_blob(&storage, tensor, &bytes)?;
    let data = new_filled(tensor.byte_len, "a decoded tensor", |out| {
        let all = 0..tensor.byte_len;
        decode::decode_blob(&storage, tensor, &blob, all, decoder, Room::Fresh(out))
    })?;
    Ok(Tensor::of_checked(tensor.dtype(), tensor.shape().to_vec(), data))
}
