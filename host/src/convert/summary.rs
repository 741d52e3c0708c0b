//! What a conversion did.

use std::path::PathBuf;

/// Sizes and files of a finished conversion.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// Tensors converted.
    pub tensors: u64,
    /// Their decoded bytes.
    pub tensor_bytes: u64,
    /// Bytes of the files converted.
    pub input_bytes: u64,
    /// Bytes of the files that they became.
    pub output_bytes: u64,
    /// Files converted.
    pub converted: Vec<PathBuf>,
    /// Files copied along as they are.
    pub copied: Vec<PathBuf>,
}

impl Summary {
    /// Adds the sizes and files of another conversion.
    pub(super) fn add(&mut self, other: Summary) {
        self.tensors += other.tensors;
        self.tensor_bytes += other.tensor_bytes;
        self.input_bytes += other.input_bytes;
        self.output_bytes += other.output_bytes;
        self.converted.extend(other.converted);
        self.copied.extend(other.copied);
    }
}
