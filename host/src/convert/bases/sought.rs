//! Tensors that are looked for in bases.

use crate::container::{ContentHash, TensorSpec};
use crate::convert::duplicates;
use crate::{Result, SafetensorsFile, TensorView};

/// A tensor that is looked for: one of a file, of which no more is read than has to be, or one in
/// memory.
pub(super) trait Sought {
    fn spec(&self) -> &TensorSpec;

    /// Its bytes.
    fn byte_len(&self) -> u64;

    /// The hash of all its bytes.
    fn hash(&self) -> Result<ContentHash>;

    /// Reads its bytes from `start` on, which are there.
    fn read_part(&self, start: u64, out: &mut [u8]) -> Result<()>;
}

/// The tensor of this number in a file.
pub(super) struct InFile<'a> {
    pub input: &'a SafetensorsFile,
    pub number: usize,
}

impl Sought for InFile<'_> {
    fn spec(&self) -> &TensorSpec {
        &self.input.manifest().tensors[self.number]
    }

    fn byte_len(&self) -> u64 {
        self.input.tensor_len(self.number)
    }

    fn hash(&self) -> Result<ContentHash> {
        duplicates::hash_of(self.input, self.number)
    }

    fn read_part(&self, start: u64, out: &mut [u8]) -> Result<()> {
        self.input.read_part(self.number, start, out)
    }
}

/// A tensor in memory.
pub(super) struct InMemory<'a> {
    spec: TensorSpec,
    data: &'a [u8],
}

impl<'a> InMemory<'a> {
    /// A tensor of this name.
    pub fn new(name: &str, tensor: &TensorView<'a>) -> Self {
        let spec = TensorSpec::new(name, tensor.dtype(), tensor.shape());
        Self { spec, data: tensor.data() }
    }
}

impl Sought for InMemory<'_> {
    fn spec(&self) -> &TensorSpec {
        &self.spec
    }

    fn byte_len(&self) -> u64 {
        self.data.len() as u64
    }

    fn hash(&self) -> Result<ContentHash> {
        Ok(ContentHash::of(self.data))
    }

    fn read_part(&self, start: u64, out: &mut [u8]) -> Result<()> {
        out.copy_from_slice(&self.data[start as usize..][..out.len()]);
        Ok(())
    }
}
