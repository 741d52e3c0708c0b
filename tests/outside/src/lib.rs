//! The README's first example, as a function of a crate that depends on wcodec.

use wcodec::{Blob, CpuBackend, Decoder, Encoder, Result, TensorView};

/// Encodes a tensor with a backend, decodes it again, and returns the blob and the decoded bytes.
pub fn round_trip(
    backend: CpuBackend,
    encoder: Encoder,
    tensor: &TensorView<'_>,
) -> Result<(Vec<u8>, Vec<u8>)> {
    let blob = encoder.backend(backend).encode(tensor)?;
    let parsed = Blob::parse(&blob)?;
    let mut decoded = vec![0; parsed.byte_len() as usize];
    Decoder::cpu(backend).decode(&parsed, &mut decoded)?;
    Ok((blob, decoded))
}
