//! The options of compressing.

use super::bases::Bases;
use crate::{Decoder, Encoder};

/// Options for compressing.
///
/// ```
/// use wcodec::convert::CompressOptions;
/// use wcodec::{Decoder, DeviceChoice, Encoder, Profile};
///
/// # fn main() -> wcodec::Result<()> {
/// let decoder = Decoder::open(DeviceChoice::Cpu)?;
/// let encoder = Encoder::new().profile(Profile::Ratio);
/// let options = CompressOptions::new().encoder(encoder).verify(&decoder).overwrite(true);
/// # assert!(options.overwrite && options.verify.is_some());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct CompressOptions<'a> {
    /// The encoder.
    pub encoder: Encoder,
    /// The decoder that decodes every tensor again, from the file as written, before the file gets
    /// its name; `None` skips this check.
    pub verify: Option<&'a Decoder>,
    /// True if an existing target is replaced.
    pub overwrite: bool,
    /// True if [`super::compress_file`] carries a file that is no sound safetensors file as it is,
    /// in place of refusing it. [`super::compress_folder`] copies such a file in any case.
    pub as_is: bool,
    /// Files that tensors are coded against where that takes less; decompressing takes them, too.
    pub bases: Option<&'a Bases>,
}

impl<'a> CompressOptions<'a> {
    /// The default: the default encoder, no check, and no existing target is replaced.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets [`CompressOptions::encoder`].
    pub fn encoder(mut self, encoder: Encoder) -> Self {
        self.encoder = encoder;
        self
    }

    /// Sets [`CompressOptions::as_is`].
    pub fn as_is(mut self, as_is: bool) -> Self {
        self.as_is = as_is;
        self
    }

    /// Sets [`CompressOptions::bases`].
    pub fn bases(mut self, bases: impl Into<Option<&'a Bases>>) -> Self {
        self.bases = bases.into();
        self
    }

    /// The same for tensors of so many bytes, which are decoded together.
    pub(super) fn for_batch(&self, bytes: u64) -> Self {
        Self { encoder: self.encoder.clone().batch_bytes(bytes), ..self.clone() }
    }

    /// Sets [`CompressOptions::verify`], to a decoder or to `None`.
    pub fn verify(mut self, decoder: impl Into<Option<&'a Decoder>>) -> Self {
        self.verify = decoder.into();
        self
    }

    /// Sets [`CompressOptions::overwrite`].
    pub fn overwrite(mut self, overwrite: bool) -> Self {
        self.overwrite = overwrite;
        self
    }
}
